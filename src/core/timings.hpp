// The times a session lives by, and the check that they cannot let two leaders be.
#pragma once

#include <optional>
#include <string>

#include "core/time.hpp"

namespace tenure::core {

// As the user gave them. What is empty is derived from the TTL.
struct asked_timings {
  nanos ttl = 10 * second;
  std::optional<nanos> reassure_interval;
  std::optional<nanos> reassure_timeout;
  nanos last_seen_interval = 300 * second;  // 0: only on acquiring
  std::optional<nanos> stop_grace;
  std::optional<nanos> margin;
  std::optional<nanos> jeopardy_after;
  std::optional<nanos> request_timeout;
  nanos retry_delay = 500 * millisecond;
};

struct timings {
  nanos ttl = 0;
  nanos reassure_interval = 0;
  nanos reassure_timeout = 0;
  nanos last_seen_interval = 0;
  nanos stop_grace = 0;
  nanos margin = 0;
  nanos jeopardy_after = 0;
  nanos request_timeout = 0;
  nanos retry_delay = 0;
  nanos renew_interval = 0;   // of a leader's keepalives and confirmations
  nanos hedge_after = 0;      // a renewal unanswered for this long also goes elsewhere
  nanos stall_threshold = 0;  // a timer later than this is a stall
};

// The timings for a TTL: the asked one before the grant, and the granted one after it.
[[nodiscard]] timings resolve(const asked_timings& asked, nanos ttl);

enum class timing_fault { none, range, unsafe };

// Checks ranges and the rule
//   reassure_interval + reassure_timeout + stop_grace + margin <= TTL.
// On a fault `why` names the field, its value, the limit and the remedy.
[[nodiscard]] timing_fault check(const timings& t, std::string& why);

}  // namespace tenure::core
