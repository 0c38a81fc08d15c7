// What a session has seen so far.
#ifndef TENURE_STATS_HPP
#define TENURE_STATS_HPP

#include <chrono>
#include <cstdint>

namespace tenure {

struct session_stats {
  std::uint64_t renewals = 0;                // keepalives that etcd acknowledged
  std::uint64_t confirmations = 0;           // answered writes that counted as evidence
  std::chrono::nanoseconds renewal_last{0};  // round trip of the last renewal
  std::chrono::nanoseconds renewal_max{0};   // the longest
  // The least time that was left before the tokens' deadline while leading; max(): never led.
  std::chrono::nanoseconds closest_to_deadline = std::chrono::nanoseconds::max();
  std::uint64_t stalls = 0;               // turns of the loop that came late
  std::chrono::nanoseconds stall_max{0};  // how late the worst was
  std::uint64_t endpoint_changes = 0;     // how often another endpoint became the preferred one
  std::uint64_t requests = 0;             // requests sent, without watch streams
  std::uint64_t hedges = 0;               // those of them that went to a second endpoint as well
  std::uint64_t watch_opens = 0;          // watch streams opened
  std::uint64_t leases = 0;               // leases granted
};

}  // namespace tenure

#endif
