// What can happen to a session: everything that enters the core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "core/time.hpp"

namespace tenure::core {

using election_id = std::uint32_t;  // a dense index that the host gives out, one per key prefix
using call_id = std::uint64_t;
using stream_id = std::uint64_t;
using endpoint_set = std::uint64_t;  // a bit per endpoint
inline constexpr std::size_t max_endpoints = 64;

// The requests that the core asks for.
enum class op : std::uint8_t {
  authenticate,
  grant,
  keepalive,
  revoke,
  introduce,    // a linearizable read at one endpoint: which cluster is it?
  confirm,      // a write through raft that leaves nothing
  stand,        // create the key if absent, and read the queue
  reassure,     // such a write, if the keys have these create revisions and nobody is in front
  announce,     // put the leader's value into its keys, if the same holds
  withdraw,     // delete the keys if they have these create revisions
  read_queue,   // a linearizable read of who is in the queue
  read_leader,  // a linearizable read of the first in the queue
  look,         // a linearizable read of nothing, to learn the revision
  watch,        // the stream; it is no request, and only named in `trouble`
  read_all,     // one page of a linearizable read of all keys of the application
};

enum class outcome : std::uint8_t {
  ok,
  not_sent,     // certainly not executed
  broken,       // may have been executed
  timed_out,    // may have been executed
  bad_answer,   // not an answer of etcd's; may have been executed
  unavailable,  // the member cannot serve now; may have been executed
  overloaded,
  lease_gone,
  lease_exists,
  no_space,
  too_many_operations,
  request_too_large,
  token_invalid,
  credentials_rejected,
  auth_off,  // answer to authenticate: the cluster asks for no authentication
  permission_denied,
  wrong_cluster,
  compacted,
  rejected,
};

// A key in an election's queue.
struct rival {
  std::int64_t create_revision = 0;
  std::int64_t lease = 0;  // from the key's name; 0 if the name is not a lease id as Go writes it
};

struct item_answer {
  bool applied = false;           // the entry's compare held
  std::int64_t own_revision = 0;  // create revision of our own key as read; 0: absent
  std::int64_t own_lease = 0;     // the lease it is attached to
  std::uint32_t first = 0;        // its rivals: rivals[first, first + count), by create revision
  std::uint32_t count = 0;
  bool more = false;  // the queue is longer than what was read
};

struct answer {
  call_id call = 0;
  outcome what = outcome::ok;
  std::uint64_t cluster = 0;  // 0 if the answer had no header
  std::uint64_t term = 0;
  std::int64_t revision = 0;
  nanos ttl = 0;         // grant and keepalive; 0 in a keepalive: the lease is gone
  nanos token_life = 0;  // authenticate: how long the token is good; 0: nobody knows
  bool more = false;     // read_all: there is a further page
  // Of what was sent `together`. An entry was not as expected, so nothing was done, and there are
  // no items. A `stand` expects an empty queue.
  bool differs = false;
  std::vector<item_answer> items;
  std::vector<rival> rivals;
};

struct change {
  election_id election = 0;
  bool deleted = false;  // else put
  std::int64_t lease = 0;
  std::int64_t create_revision = 0;  // of a put
  std::int64_t mod_revision = 0;
};

// One message of a watch stream.
struct stream_news {
  stream_id stream = 0;
  std::uint64_t cluster = 0;
  std::uint64_t term = 0;  // 0 if the message did not say; one with events does
  bool created = false;
  bool canceled = false;
  outcome why = outcome::unavailable;  // if canceled
  std::int64_t compact_revision = 0;   // if canceled for that
  std::int64_t last_revision =
      0;                 // greatest mod revision of its events, also of foreign keys; 0: no events
  bool partial = false;  // more events of the same message follow: the revision is not complete
  std::vector<change> changes;  // those of known elections
};

struct stream_gone {
  stream_id stream = 0;
  outcome why = outcome::broken;
};

// Which endpoints there are from now on. A name with several addresses is several of them.
struct endpoints_changed {
  endpoint_set live = 0;
  endpoint_set fresh = 0;  // those that lead to somewhere else than before, or are new
};

struct expired {};  // a token found the deadline passed
struct woke {};     // a timer went off, or user code has run: time has passed

// The user's calls.
struct stand {
  election_id election = 0;
  bool campaign_again = true;
};
struct work_stopped {
  election_id election = 0;
  std::int64_t fencing_token = 0;  // of the leadership whose work it was
};
struct resign {
  election_id election = 0;
};
struct leave {  // the candidate is closed
  election_id election = 0;
};
struct observe {
  election_id election = 0;
  bool on = true;
};
struct follow {  // all elections of the application
  bool on = true;
};
struct close {};

using event = std::variant<woke, expired, answer, stream_news, stream_gone, endpoints_changed,
                           stand, work_stopped, resign, leave, observe, close, follow>;

}  // namespace tenure::core
