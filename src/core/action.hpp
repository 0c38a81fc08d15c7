// What a session wants done: everything that leaves the core.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/event.hpp"
#include "core/message.hpp"
#include "core/time.hpp"

namespace tenure::core {

struct item {
  election_id election = 0;
  std::int64_t create_revision = 0;
  // reassure, announce: no key of the queue may have a smaller create revision. 0: not compared.
  std::int64_t nobody_before = 0;
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

struct finished {};  // the session is closed, and nothing is under way any more

using action = std::variant<send, abort, open_stream, probe_stream, close_stream, redial,
                            to_session, to_candidate, leader_changed, to_reader, finished>;

}  // namespace tenure::core
