// What a session has seen so far.
#ifndef TENURE_STATS_HPP
#define TENURE_STATS_HPP

#include <chrono>
#include <cstdint>

namespace tenure {

struct session_stats {
  std::uint64_t renewals = 0;                // keepalives that etcd acknowledged
  std::uint64_t confirmations = 0;           // linearizable answers that counted as evidence
  std::chrono::nanoseconds renewal_last{0};  // round trip of the last renewal
  std::chrono::nanoseconds renewal_max{0};   // the longest
  // Smallest time that was left before the tokens' deadline while leading; max() if never led.
  std::chrono::nanoseconds closest_to_deadline = std::chrono::nanoseconds::max();
  std::uint64_t stalls = 0;               // turns of the loop that came late
  std::chrono::nanoseconds stall_max{0};  // by how much, at worst
  std::uint64_t endpoint_changes = 0;     // another endpoint became the preferred one
  std::uint64_t requests = 0;             // requests sent, streams not counted
  std::uint64_t hedges = 0;               // of them sent to a second endpoint meanwhile
  std::uint64_t watch_opens = 0;          // watch streams opened
  std::uint64_t leases = 0;               // leases granted
};

}  // namespace tenure

#endif
