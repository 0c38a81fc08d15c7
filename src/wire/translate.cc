#include "wire/translate.hpp"

#include <utility>

#include "core/time.hpp"
#include "etcd/request.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

// How many keys of a queue are read at once; the rest is read when these are gone.
constexpr std::int64_t queue_limit = 32;
constexpr std::size_t longest_value = 64u << 10;

using core::op;

core::item_answer own_key(const etcd::op_response& range) {
  core::item_answer item;
  if (!range.kvs.empty()) {
    item.own_revision = range.kvs.front().create_revision;
    item.own_lease = range.kvs.front().lease;
  }
  return item;
}

// What the entries of a batch have in common, put into words once.
struct wording {
  wording(const core::send& s, const std::string& instance)
      : now(std::chrono::system_clock::now()),
        waiting(value::waiting(instance, now)),
        leading(instance, now),
        name(names::key({}, s.lease)) {}

  std::string_view key(const std::string& prefix) { return text.assign(prefix).append(name); }

  const value::time now;
  const std::string waiting;
  value::leading leading;
  const std::string name;  // with its "/"
  std::string text;
};

}  // namespace

http_request translator::encode(const core::send& s, std::string_view next_key) {
  http_request r;
  r.path = etcd::path_txn;
  switch (s.what) {
    case op::authenticate:
      r.path = etcd::path_authenticate;
      etcd::authenticate(r.body, options_.auth.user, options_.auth.password);
      return r;
    case op::grant:
      r.path = etcd::path_grant;
      etcd::grant(r.body, s.lease, s.ttl / core::second);
      return r;
    case op::keepalive:
      r.path = etcd::path_keepalive;
      etcd::keepalive(r.body, s.lease);
      return r;
    case op::revoke:
      r.path = etcd::path_revoke;
      etcd::revoke(r.body, s.lease);
      return r;
    case op::introduce:
    case op::confirm:
      r.path = etcd::path_range;
      etcd::confirm(r.body, elections_.watched_prefix());
      return r;
    case op::read_all:
      r.path = etcd::path_range;
      etcd::read_page(r.body, next_key, elections_.watched_prefix(), s.revision, s.limit);
      return r;
    default: break;
  }
  if (s.together) {
    encode_together(s, r.body);
    return r;
  }
  wording words(s, options_.instance);
  etcd::batch b(r.body);
  for (const core::item& it : s.items) {
    slot& e = elections_[it.election];
    const std::string_view key = words.key(e.prefix);
    const std::string_view below = key.substr(0, e.prefix.size() + 1);  // with its "/"
    switch (s.what) {
      case op::stand:
        e.seeking_since = words.now;
        b.stand(key, words.waiting, s.lease, below, queue_limit);
        break;
      case op::withdraw: b.withdraw(key, it.create_revision); break;
      case op::reassure:
        if (s.write) {
          b.reassure(key, it.create_revision, words.leading.since(e.leader_since), s.lease);
        } else {
          b.read_key(key);
        }
        break;
      case op::read_queue: b.read_queue(key, below, queue_limit); break;
      default: b.read_leader(below); break;
    }
    // They are all about as long as the first.
    if (b.size() == 1) r.body.reserve((r.body.size() + 16) * s.items.size());
  }
  b.end();
  return r;
}

void translator::encode_together(const core::send& s, std::string& body) {
  wording words(s, options_.instance);
  etcd::joint all(body);
  for (const core::item& it : s.items) {
    slot& e = elections_[it.election];
    const std::string_view key = words.key(e.prefix);
    if (s.what == op::stand) {
      e.seeking_since = words.now;
      all.stand(key, words.waiting, s.lease, key.substr(0, e.prefix.size() + 1));
    } else if (s.what == op::reassure) {
      all.reassure(key, it.create_revision, words.leading.since(e.leader_since), s.lease);
    } else {
      all.withdraw(key, it.create_revision);
    }
    if (all.size() == 1) all.expect(s.items.size());
  }
  all.end();
}

void translator::add_rivals(const std::string& prefix, const etcd::op_response& range,
                            core::answer& a, core::item_answer& item) {
  item.first = static_cast<std::uint32_t>(a.rivals.size());
  item.count = static_cast<std::uint32_t>(range.kvs.size());
  item.more = range.more;
  for (const auto& kv : range.kvs) {
    const names::parts p = names::split(kv.key);
    a.rivals.push_back({kv.create_revision, p.prefix == prefix ? p.lease : 0});
  }
}

void translator::items(const expected& asked, std::vector<etcd::op_response>& responses,
                       core::answer& a, bool& sound) {
  const std::size_t each = asked.what == op::read_queue ? 2 : 1;
  sound = responses.size() == each * asked.elections.size();
  for (std::size_t i = 0; sound && i < asked.elections.size(); ++i) {
    etcd::op_response& r = responses[each * i];
    slot& e = elections_[asked.elections[i]];
    core::item_answer item;
    switch (asked.what) {
      case op::stand:
        sound = r.responses.size() == 2;
        if (!sound) return;
        if (!r.succeeded) item = own_key(r.responses[0]);
        item.applied = r.succeeded;
        add_rivals(e.prefix, r.responses[1], a, item);
        break;
      case op::reassure:
        if (!asked.write) {
          item = own_key(r);
          break;
        }
        [[fallthrough]];
      case op::withdraw:
        sound = r.succeeded || r.responses.size() == 1;
        if (!sound) return;
        if (!r.succeeded) item = own_key(r.responses[0]);
        item.applied = r.succeeded;
        break;
      case op::read_queue:
        item = own_key(responses[each * i + 1]);
        add_rivals(e.prefix, r, a, item);
        break;
      default: {
        add_rivals(e.prefix, r, a, item);
        leader_info& leader = e.see().leader;
        leader = {};
        if (r.kvs.empty()) break;
        auto& kv = r.kvs.front();
        if (kv.value.size() > longest_value) kv.value.resize(longest_value);
        leader = {kv.create_revision, std::move(kv.key), std::move(kv.value), {}};
        leader.instance = value::instance_of(leader.value);
        break;
      }
    }
    a.items.push_back(item);
  }
}

bool translator::fill(const expected& asked, const net::reply& reply, translated& out,
                      std::string& why) {
  core::answer& a = out.answer;
  etcd::header h;
  switch (asked.what) {
    case op::authenticate: {
      etcd::authenticate_response r;
      if (!etcd::parse(reply.body, r, why)) return false;
      out.token = std::move(r.token);
      h = r.header;
      break;
    }
    case op::grant:
    case op::keepalive:
    case op::revoke: {
      etcd::lease_response r;
      if (!etcd::parse(reply.body, r, why)) return false;
      if (asked.what != op::revoke && r.id != asked.lease) {
        why = "the answer is about another lease";
        return false;
      }
      if (r.ttl_s < 0 || r.ttl_s > 9'000'000'000) {
        why = "TTL: out of range";
        return false;
      }
      a.ttl = r.ttl_s * core::second;
      h = r.header;
      break;
    }
    case op::introduce:
    case op::confirm:
    case op::read_all: {
      etcd::range_response r;
      if (!etcd::parse(reply.body, r, why)) return false;
      if (r.more && r.kvs.empty()) {
        why = "more: but there are no keys";
        return false;
      }
      a.more = r.more;
      out.page = std::move(r.kvs);
      h = r.header;
      break;
    }
    default: {
      bool sound = true;
      if (asked.together) {
        etcd::joint_response r;
        if (!etcd::parse(reply.body, r, why)) return false;
        a.differs = !r.succeeded;
        sound = r.responses == (r.succeeded ? asked.elections.size() : 0);
        core::item_answer done;
        done.applied = true;  // without rivals, if it stood
        if (r.succeeded) a.items.assign(asked.elections.size(), done);
        h = r.header;
      } else {
        etcd::txn_response r;
        if (!etcd::parse(reply.body, r, why)) return false;
        items(asked, r.responses, a, sound);
        h = r.header;
      }
      if (!sound) {
        why = "responses: not as many as were asked for";
        return false;
      }
      break;
    }
  }
  a.cluster = h.cluster_id;
  a.term = h.raft_term;
  a.revision = h.revision;
  return true;
}

std::string translator::watch_body(const core::open_stream& s) const {
  std::string body;
  etcd::watch_create(body, elections_.watched_prefix(), s.revision, s.puts);
  // Whether the stream is two-way shows at once in whether this is answered.
  etcd::watch_progress(body);
  return body;
}

}  // namespace tenure::detail
