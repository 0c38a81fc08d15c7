#include "wire/well_formed.hpp"

#include <algorithm>

#include "core/time.hpp"
#include "wire/rules.hpp"

namespace tenure::wire {

namespace {

using core::op;

// etcd raises a TTL to one and a half times its election timeout, which is 50 s at the most.
constexpr std::int64_t most_raised_s = 75;

bool event_holds(const etcd::watch_event& e, std::int64_t revision, std::string& why) {
  if (e.kv.mod_revision < 1) return no(why, "events: one without a revision");
  if (e.kv.mod_revision > revision) return no(why, "events: one is younger than the message");
  return e.deleted || key_holds(e.kv, revision, why);
}

}  // namespace

bool well_formed(const etcd::authenticate_response& r, std::string& why) {
  return header_holds(r.header, why);
}

bool well_formed(const expected& asked, const etcd::lease_response& r, std::string& why) {
  if (!header_holds(r.header, why)) return false;
  if (asked.what == op::revoke) return true;
  if (r.id != asked.lease) return no(why, "the answer is about another lease");
  if (asked.what == op::keepalive && r.ttl_s == 0) return true;  // it is gone
  const std::int64_t least = asked.ttl / core::second;
  return (r.ttl_s >= least && r.ttl_s <= std::max(least, most_raised_s)) ||
         no(why, "TTL: not one that etcd grants to who asks for this one");
}

bool well_formed(const expected& asked, const electorate& electorate, const etcd::range_response& r,
                 std::string& why) {
  if (!header_holds(r.header, why)) return false;
  const std::string below = electorate.watched_prefix();
  if (asked.what == op::introduce || asked.what == op::look)
    return single_holds(told(r), below, r.header.revision, why);
  if (r.header.revision < asked.revision)
    return no(why, "header.revision: older than what was asked for");
  const std::int64_t as_of = asked.revision != 0 ? asked.revision : r.header.revision;
  return range_holds(told(r), {asked.next_key, below, asked.limit, false, false, as_of}, why);
}

bool well_formed(const electorate& electorate, const etcd::watch_message& m, std::string& why) {
  if (m.failed) return true;
  const etcd::header& h = m.header;
  if (h.member_id == 0) return no(why, "header.member_id: missing");
  // The first watch of a stream is number 0. What is about none of them has -1.
  if (m.watch_id != 0 && (m.watch_id != -1 || !m.events.empty()))
    return no(why, "watch_id: not ours");
  if (!m.events.empty() && h.raft_term == 0) return no(why, "header.raft_term: missing");
  if ((m.created || m.canceled) && !m.events.empty())
    return no(why, "events: in a message that is about the watch itself");
  if (m.compact_revision != 0 && (!m.canceled || !is_revision(m.compact_revision)))
    return no(why, "compact_revision: not one that etcd can have");
  // One that ends a watch may come without a revision.
  if (!is_revision(h.revision) && !(m.canceled && h.revision == 0))
    return no(why, "header.revision: not one that etcd can have");
  const std::string below = electorate.watched_prefix();
  std::int64_t before = 0;
  for (const etcd::watch_event& e : m.events) {
    if (e.kv.key.compare(0, below.size(), below) != 0)
      return no(why, "events: of a key that is not watched");
    if (!event_holds(e, h.revision, why)) return false;
    if (e.kv.mod_revision < before) return no(why, "events: not in order");
    before = e.kv.mod_revision;
  }
  return true;
}

}  // namespace tenure::wire
