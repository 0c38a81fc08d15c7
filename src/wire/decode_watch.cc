#include "wire/decode_watch.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "wire/outcome.hpp"
#include "wire/well_formed.hpp"

namespace tenure::wire {

bool watch_decoder::message(core::stream_id stream, std::uint32_t endpoint,
                            std::string_view document, watch_heard& out) const {
  etcd::watch_message m;
  std::string why;
  if (!etcd::parse(document, m, why) || !well_formed(electorate_, m, why)) {
    out.failure = report_.watch_broke(endpoint, errc::bad_answer,
                                      "it is not one of etcd's gateway (" + why + ")");
    return false;
  }
  core::stream_news& n = out.news;
  n.stream = stream;
  n.cluster = m.header.cluster_id;
  n.term = m.header.raft_term;
  n.created = m.created;
  n.canceled = m.canceled || m.failed;
  if (n.canceled) {
    const etcd::error_response e =
        etcd::classify(m.error_code, m.failed ? m.error_text : m.cancel_reason);
    n.why = m.compact_revision > 0 ? core::outcome::compacted : to_outcome(e.refusal);
    n.compact_revision = m.compact_revision;
    out.failure = report_.watch_ended(endpoint, n.why, e);
    return true;
  }
  for (const etcd::watch_event& it : m.events) {
    n.last_revision = std::max(n.last_revision, it.kv.mod_revision);
    const electorate::owner owner = electorate_.find(it.kv.key);
    if (!owner.known) continue;
    n.changes.push_back(
        {owner.election, it.deleted, owner.lease, it.kv.create_revision, it.kv.mod_revision});
  }
  out.events = std::move(m.events);
  return true;
}

watch_over watch_decoder::end(core::stream_id stream, std::uint32_t endpoint,
                              const net::reply& last) const {
  watch_over over;
  over.gone.stream = stream;
  if (last.delivery == net::delivery::answered && last.http_status != 200) {
    const etcd::error_response e = etcd::classify(last.http_status, last.body);
    over.gone.why = to_outcome(e.refusal);
    over.failure = report_.watch_ended(endpoint, over.gone.why, e);
    return over;
  }
  over.gone.why =
      last.delivery == net::delivery::not_sent ? core::outcome::not_sent : core::outcome::broken;
  over.failure = report_.watch_broke(endpoint, errc::unreachable,
                                     last.failure.empty() ? "the server closed it" : last.failure);
  return over;
}

}  // namespace tenure::wire
