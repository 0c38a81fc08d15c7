#include "wire/decode.hpp"

#include <utility>

#include "core/time.hpp"
#include "wire/names.hpp"
#include "wire/outcome.hpp"
#include "wire/value.hpp"
#include "wire/well_formed.hpp"

namespace tenure::wire {

namespace {

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

leader_info leader_of(etcd::op_response& range) {
  if (range.kvs.empty()) return {};
  auto& kv = range.kvs.front();
  if (kv.value.size() > longest_value) kv.value.resize(longest_value);
  leader_info leader{kv.create_revision, std::move(kv.key), std::move(kv.value), {}};
  leader.instance = value::instance_of(leader.value);
  return leader;
}

void take_header(const etcd::header& h, core::answer& a) {
  a.cluster = h.cluster_id;
  a.term = h.raft_term;
  a.revision = h.revision;
}

bool read_login(const std::string& body, decoded& out, std::string& why) {
  etcd::authenticate_response r;
  if (!etcd::parse(body, r, why) || !well_formed(r, why)) return false;
  take_header(r.header, out.answer);
  out.token = std::move(r.token);
  return true;
}

bool read_lease(const expected& asked, const std::string& body, core::answer& a, std::string& why) {
  etcd::lease_response r;
  if (!etcd::parse(body, r, why) || !well_formed(asked, r, why)) return false;
  take_header(r.header, a);
  if (asked.what != op::revoke) a.ttl = r.ttl_s * core::second;
  return true;
}

}  // namespace

expected::expected(const core::send& s, std::string_view next)
    : what(s.what),
      together(s.together),
      endpoint(s.endpoint),
      lease(s.lease),
      ttl(s.ttl),
      revision(s.revision),
      limit(s.limit),
      next_key(next),
      items(s.items) {}

void decoder::add_rivals(core::election_id election, const etcd::op_response& range,
                         core::answer& a, core::item_answer& item) const {
  const std::string& prefix = electorate_.prefix(election);
  item.first = static_cast<std::uint32_t>(a.rivals.size());
  item.count = static_cast<std::uint32_t>(range.kvs.size());
  item.more = range.more;
  for (const auto& kv : range.kvs) {
    const names::parts p = names::split(kv.key);
    a.rivals.push_back({kv.create_revision, p.prefix == prefix ? p.lease : 0});
  }
}

void decoder::read_entries(const expected& asked, std::vector<etcd::op_response>& responses,
                           decoded& out) const {
  core::answer& a = out.answer;
  const std::size_t each = asked.what == op::read_queue ? 2 : 1;
  for (std::size_t i = 0; i < asked.items.size(); ++i) {
    etcd::op_response& r = responses[each * i];
    const core::election_id id = asked.items[i].election;
    core::item_answer item;
    switch (asked.what) {
      case op::read_queue:
        item = own_key(responses[each * i + 1]);
        add_rivals(id, r, a, item);
        break;
      case op::read_leader:
        add_rivals(id, r, a, item);
        out.leaders.push_back({id, leader_of(r)});
        break;
      default:
        if (!r.succeeded) item = own_key(r.responses[0]);
        item.applied = r.succeeded;
        if (asked.what == op::stand) add_rivals(id, r.responses[1], a, item);
        break;
    }
    a.items.push_back(item);
  }
}

bool decoder::read_transaction(const expected& asked, const std::string& body, decoded& out,
                               std::string& why) const {
  etcd::txn_response r;
  if (!etcd::parse(body, r, why) || !well_formed(asked, electorate_, r, why)) return false;
  take_header(r.header, out.answer);
  if (asked.what == op::confirm) return true;
  if (!asked.together) {
    read_entries(asked, r.responses, out);
    return true;
  }
  out.answer.differs = !r.succeeded;
  core::item_answer done;
  done.applied = true;  // without rivals, if it stood
  if (r.succeeded) out.answer.items.assign(asked.items.size(), done);
  return true;
}

bool decoder::read(const expected& asked, const std::string& body, decoded& out,
                   std::string& why) const {
  switch (asked.what) {
    case op::authenticate: return read_login(body, out, why);
    case op::grant:
    case op::keepalive:
    case op::revoke: return read_lease(asked, body, out.answer, why);
    case op::introduce:
    case op::look:
    case op::read_all: break;
    default: return read_transaction(asked, body, out, why);
  }
  etcd::range_response r;
  if (!etcd::parse(body, r, why) || !well_formed(asked, electorate_, r, why)) return false;
  take_header(r.header, out.answer);
  out.answer.more = r.more;
  out.page = std::move(r.kvs);
  return true;
}

decoded decoder::decode(core::call_id call, const expected& asked, const net::reply& reply) const {
  decoded out;
  if (reply.delivery != net::delivery::answered) {
    out.answer.what = to_outcome(reply.delivery);
    out.failure =
        report_.failed(asked.what, asked.endpoint, to_errc(out.answer.what), reply.failure);
  } else if (reply.http_status != 200 || etcd::is_error(reply.body)) {
    const etcd::error_response e = etcd::classify(reply.http_status, reply.body);
    out.answer.what = to_outcome(e.refusal);
    out.failure = report_.refused(asked.what, asked.endpoint, e);
    if (e.refusal == etcd::refusal::request_too_large && asked.items.size() == 1)
      out.failure.message +=
          "; the request was for one election only, " + electorate_.prefix(asked.items[0].election);
  } else if (std::string why; !read(asked, reply.body, out, why)) {
    out = {};  // not a part of it counts
    out.answer.what = core::outcome::bad_answer;
    const std::string_view known = etcd::foreign(reply.body);
    out.failure = report_.failed(
        asked.what, asked.endpoint, errc::bad_answer,
        "not an answer of etcd's gateway (" + (known.empty() ? why : std::string(known)) + ")");
  }
  out.answer.call = call;
  return out;
}

}  // namespace tenure::wire
