// What a session tells, and whom. Each receiver has messages of its own, and each message has only
// fields that mean something for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "core/event.hpp"
#include "core/time.hpp"

namespace tenure::core {

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

// To the session's user.

struct lease_granted {
  std::int64_t lease;
  nanos ttl;
};
struct lease_lost {
  cause why;
};
struct jeopardy {  // the lease was not renewed for a while
  nanos left;
};
struct safe {};  // no longer in jeopardy
struct stalled {
  nanos late;
};
// All tokens end now. `cancelled` and `lost` follow for each leadership.
struct all_cancelled {
  cause why;
};
// The granted TTL makes the asked timings unsafe: the session has to close.
struct timings_refused {
  nanos ttl;
};
// A request failed everywhere. It is tried again.
struct trouble {
  op request;
  outcome why;
  std::uint32_t endpoint;  // the last that was asked
};

using to_session = std::variant<lease_granted, lease_lost, jeopardy, safe, stalled, all_cancelled,
                                timings_refused, trouble>;

// To the candidate of one election.

struct campaigning {  // its key is in the queue
  election_id election;
};
struct position {
  election_id election;
  std::size_t in_front;
};
struct acquired {
  election_id election;
  std::int64_t fencing_token;  // the key's create revision
};
struct cancelled {  // the token ends now
  election_id election;
  cause why;
};
struct lost {
  election_id election;
  cause why;
};
struct resigned {  // the withdrawal that was asked for is complete
  election_id election;
};
struct left {  // it has gone from the queue after `leave`
  election_id election;
};
struct tampered {  // its key was found attached to another lease
  election_id election;
};
struct stand_delayed {  // its stand failed everywhere, and is tried again
  election_id election;
  outcome why;
  std::uint32_t endpoint;  // the last that was asked
};

using to_candidate = std::variant<campaigning, position, acquired, cancelled, lost, resigned, left,
                                  tampered, stand_delayed>;

// To those who want to know who leads in one election, whether they stand in it or not.

struct leader_changed {
  election_id election;
  std::int64_t create_revision;  // of the leader's key; 0: nobody leads
};

// To the reader of all keys of the application.

struct pages_outdated {  // changes may have been missed: the next page is the first of a new read
  bool anew;             // the revisions begin anew as well
};
struct page_read {        // the answer being handled is the next page
  std::int64_t revision;  // of the read
};
struct pages_complete {};  // that was the last page, and the watch goes on from it
struct keys_changed {};    // the watch's message being handled is to be applied

using to_reader = std::variant<pages_outdated, page_read, pages_complete, keys_changed>;

}  // namespace tenure::core
