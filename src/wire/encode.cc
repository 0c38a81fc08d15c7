#include "wire/encode.hpp"

#include "core/time.hpp"
#include "etcd/request.hpp"
#include "wire/expected.hpp"
#include "wire/names.hpp"

namespace tenure::wire {

namespace {

using core::op;

// What the entries of a batch have in common, put into words once.
struct wording {
  wording(const core::send& s, const std::string& instance, value::time now)
      : waiting(value::waiting(instance, now)),
        leading(instance, now),
        name(names::key({}, s.lease)) {}

  std::string_view key(const std::string& prefix) { return text.assign(prefix).append(name); }

  const std::string waiting;
  value::leading leading;
  const std::string name;  // with its "/"
  std::string text;
};

}  // namespace

http_request encoder::encode(const core::send& s, value::time now,
                             std::string_view next_key) const {
  http_request r;
  r.path = etcd::path_txn;
  switch (s.what) {
    case op::grant:
      r.path = etcd::path_grant;
      etcd::grant(r.body, s.lease, s.ttl / core::second);
      break;
    case op::keepalive:
      r.path = etcd::path_keepalive;
      etcd::keepalive(r.body, s.lease);
      break;
    case op::revoke:
      r.path = etcd::path_revoke;
      etcd::revoke(r.body, s.lease);
      break;
    case op::introduce:
    case op::look:
      r.path = etcd::path_range;
      etcd::introduce(r.body, electorate_.watched_prefix());
      break;
    case op::confirm: etcd::confirm(r.body); break;
    case op::read_all:
      r.path = etcd::path_range;
      etcd::read_page(r.body, next_key, electorate_.watched_prefix(), s.revision, s.limit);
      break;
    default:
      if (s.together) {
        entries_together(s, now, r.body);
      } else {
        entries(s, now, r.body);
      }
      break;
  }
  return r;
}

http_request encoder::authenticate(std::string_view password) const {
  http_request r;
  r.path = etcd::path_authenticate;
  etcd::authenticate(r.body, options_.auth.user, password);
  return r;
}

void encoder::entries(const core::send& s, value::time now, std::string& body) const {
  wording words(s, options_.instance, now);
  etcd::batch b(body);
  for (const core::item& it : s.items) {
    const std::string& prefix = electorate_.prefix(it.election);
    const std::string_view key = words.key(prefix);
    const std::string_view below = key.substr(0, prefix.size() + 1);  // with its "/"
    switch (s.what) {
      case op::stand: b.stand(key, words.waiting, s.lease, below, queue_limit); break;
      case op::withdraw: b.withdraw(key, it.create_revision); break;
      case op::reassure: b.reassure(key, it.create_revision, below, it.nobody_before); break;
      case op::announce:
        b.announce(key, it.create_revision, below, it.nobody_before,
                   words.leading.since(electorate_.leader_since(it.election)), s.lease);
        break;
      case op::read_queue: b.read_queue(key, below, queue_limit); break;
      default: b.read_leader(below); break;
    }
    // They are all about as long as the first.
    if (b.size() == 1) body.reserve((body.size() + 16) * s.items.size());
  }
  b.end();
}

void encoder::entries_together(const core::send& s, value::time now, std::string& body) const {
  wording words(s, options_.instance, now);
  etcd::joint all(body);
  for (const core::item& it : s.items) {
    const std::string& prefix = electorate_.prefix(it.election);
    const std::string_view key = words.key(prefix);
    const std::string_view below = key.substr(0, prefix.size() + 1);  // with its "/"
    switch (s.what) {
      case op::stand: all.stand(key, words.waiting, s.lease, below); break;
      case op::reassure: all.reassure(key, it.create_revision, below, it.nobody_before); break;
      case op::announce:
        all.announce(key, it.create_revision, below, it.nobody_before,
                     words.leading.since(electorate_.leader_since(it.election)), s.lease);
        break;
      default: all.withdraw(key, it.create_revision); break;
    }
    if (all.size() == 1) all.expect(s.items.size());
  }
  all.end();
}

std::string encoder::watch(const core::open_stream& s) const {
  std::string body;
  etcd::watch_create(body, electorate_.watched_prefix(), s.revision, s.puts);
  // A two-way stream answers this at once; that is how it shows.
  etcd::watch_progress(body);
  return body;
}

}  // namespace tenure::wire
