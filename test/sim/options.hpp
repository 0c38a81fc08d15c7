// Which world a seed means: its size, its timings, which faults exist in it and how often.
#pragma once

#include <cstdint>
#include <string>

#include "choice.hpp"
#include "core/timings.hpp"

namespace sim {

enum class fault : std::uint8_t {
  pause,             // a process does not run; its clock does
  suspend,           // nor does its machine: timers count on from where they were
  block,             // a callback of the user's takes its time
  crash,             // kill -9, and a new one after a while
  hole,              // a path is silent in one direction
  late_last_answer,  // all answers to a process are late, and then nothing gets through
  member_crash,
  member_freeze,
  depose,  // the etcd leader is cut off or its disk is stuck: it goes on acknowledging renewals
  cut_member,
  no_quorum,
  swift_change,  // etcd changes its leader without loss
  compaction,
  flood,  // another program writes thousands of revisions
  full_store,
  restore,      // the cluster is restored from a backup
  lower_terms,  // the same, with all its keys, leases and revisions, but its terms begin anew
  lie,          // one answer carries a term that never was
  no_entries,   // members read under an old term, and take no write
  hand_delete,  // an operator deletes a key of ours
  hand_revoke,
  foreign_key,  // another program's key in a queue, for a while
  tamper,       // a key of ours is attached to another lease
  tokens_expire,
  stranger,  // an address leads to another cluster for a while
  no_write,  // a role loses the right to write; it goes on reading
  resign,    // from here on: what users do
  leave,
  close_session,
  observe,
};
inline constexpr std::size_t fault_count = 30;

// What can happen in a small world: the fewer things, the deeper it can be walked.
enum class menu : std::uint8_t {
  all,     // every fate of every request, of watches, and every deed
  leader,  // the first process's answers, and what keeps it from hearing more
  orders,  // who is overtaken by whom, and what users and operators do
};

struct options {
  std::size_t processes = 3;
  std::size_t elections = 1;
  std::size_t members = 3;
  nanos calm_from = 60 * second;  // faults end
  tenure::core::asked_timings asked;
  nanos least_ttl = 2 * second;  // etcd grants no less
  nanos extension = second;      // of every lease when etcd's leader changes
  nanos lessor_period = 500 * millisecond;
  nanos checkpoint = 0;  // period of lease checkpoints; 0: off
  std::size_t most_operations = 128;
  std::size_t room = 128;          // of a request: more is too large
  std::size_t queue_limit = 32;    // keys that a candidate reads at once
  bool nested_puts_count = false;  // a full store refuses nested puts as well
  std::int32_t clock_ppm = 0;      // largest rate error of a clock
  bool auth = false;               // the session has a user name
  bool auth_off = false;           // but the cluster asks for none
  bool two_way = true;             // the path lets a request body stay open
  bool renewing_writes = false;    // who may not write may not renew either: later versions
  nanos every[fault_count] = {};   // mean time between two of a kind; 0: never
  // Per mille of requests:
  std::uint32_t lost_request = 0;
  std::uint32_t lost_reply = 0;
  std::uint32_t reset = 0;
  std::uint32_t half = 0;
  std::uint32_t duplicate = 0;
  std::uint32_t slow = 0;
  std::uint32_t lost_delete = 0;  // of watch messages after a compaction
  std::uint32_t late_ack = 0;     // of keepalives that meet the end of their lease
  std::uint32_t no_term = 0;      // of answers: a header without a term
  std::uint32_t lie = 0;          // of queues and grants: an answer that is not true
  std::uint32_t large_lost = 0;   // of requests about keys: a path that drops large packets
  // Per mille of occasions:
  std::uint32_t snapshot = 0;     // a member that was away catches up by a snapshot
  std::uint32_t stale_count = 0;  // a leader that slept revokes a lease that it thinks has expired
  std::uint32_t unknown_yet = 0;  // a keepalive right after the grant finds nothing (etcd#13932)
  std::uint32_t meddling = 0;     // an operator's hand on a key just when something is asked of it
  std::uint32_t hidden = 0;       // a delete by hand that no watch tells of (etcd#18089)
  nanos slowest = 0;
  nanos longest_pause = 0;
  nanos usual_delay = millisecond;
  nanos member_lag = 2 * millisecond;
  std::uint32_t slow_work = 0;   // work that takes longer to stop than its grace
  std::uint32_t user_whims = 0;  // calls from inside callbacks
  bool campaign_again = true;
  std::size_t quota = 0;  // most leaderships that a process works for at once, until the faults are
                          // over; 0: no limit
  bool refused = false;   // etcd grants a TTL that no session can live with
  bool small = false;     // the enumerated world
  nanos reopen_after = 0;    // a session that has closed: not before
  nanos choices_from = 0;    // small: before, all goes well
  menu choices = menu::all;  // small

  [[nodiscard]] nanos mean(fault f) const { return every[static_cast<std::size_t>(f)]; }
  void set(fault f, nanos mean) { every[static_cast<std::size_t>(f)] = mean; }
};

[[nodiscard]] options draw(stream& from);
// Two candidates, one election, one member: for the enumerator.
[[nodiscard]] options small_world(nanos choices_from, menu choices);
[[nodiscard]] std::string describe(const options& o);
[[nodiscard]] const char* name(fault f);

}  // namespace sim
