// What a session wants done: everything that leaves the core.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/event.hpp"
#include "core/time.hpp"

namespace tenure::core {

struct item {
  election_id election = 0;
  std::int64_t create_revision = 0;
};

struct send {
  call_id call = 0;
  std::uint32_t endpoint = 0;
  op what = op::confirm;
  std::int64_t lease = 0;
  nanos ttl = 0;          // grant
  bool together = false;  // stand, reassure, announce, withdraw: all or none, see answer::differs
  nanos timeout = 0;      // the core aborts it after this long
  std::int64_t revision = 0;  // read_all: goes on with the read as of this one; 0: begins one
  std::uint32_t limit = 0;    // read_all: keys
  std::vector<item> items;
};

struct abort {
  call_id call = 0;
};

struct open_stream {
  stream_id stream = 0;
  std::uint32_t endpoint = 0;
  std::int64_t revision = 0;  // first revision wanted
  bool two_way = true;
  bool puts = false;
};
struct probe_stream {
  stream_id stream = 0;
};
struct close_stream {
  stream_id stream = 0;
};

// This endpoint answers for another cluster: perhaps its name leads to somewhere else by now.
struct redial {
  std::uint32_t endpoint = 0;
};

enum class cause : std::uint8_t {  // why a leadership ended; as tenure::reason
  resigned,
  deadline_passed,
  lease_gone,
  key_deleted,
  reassurance_failed,
  reassurance_timed_out,
  cluster_changed,
  closed,
  lease_let_go,  // a key may not be deleted
};

// What is told to the user.
enum class news : std::uint8_t {
  granted,     // value: lease, time: TTL
  lease_lost,  // the lease is gone
  jeopardy,    // time: what is left
  safe,
  cancelled_all,    // why_lost: all tokens end now; `cancelled` and `lost` follow for each
  stalled,          // time: how late
  trouble,          // why, what: a request failed everywhere and is tried again; value: endpoint
  refused_timings,  // the granted TTL (time) makes the asked timings unsafe: the session must close
  // of an election:
  campaigning,
  position,   // value: how many in front
  acquired,   // value: the key's create revision
  cancelled,  // why_lost; the token ends now
  lost,       // why_lost
  resigned,   // the withdrawal that was asked for is complete
  left,       // the candidate has gone from the queue after `leave`
  leader,     // value: create revision of the leader's key, 0: none
  tampered,   // our key was found attached to another lease
  // of all elections together:
  outdated,  // changes may have been missed; the next page is the first of a new read;
             // value: 1 if revisions begin anew, else 0
  page,      // the answer being handled is the next page; value: the revision of the read
  complete,  // that was the last, and the watch goes on from it
  changed,   // the watch's message being handled is to be applied
};

struct tell {
  news what = news::granted;
  election_id election = 0;
  std::int64_t value = 0;
  nanos time = 0;
  cause why_lost = cause::resigned;
  outcome why = outcome::ok;
  op request = op::confirm;
};

struct finished {};  // closed: nothing is under way any more

using action =
    std::variant<send, abort, open_stream, probe_stream, close_stream, redial, tell, finished>;

}  // namespace tenure::core
