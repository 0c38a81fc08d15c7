// Which faults come when: drawn in full before the run, the same for the same seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "test/chaos/fault.hpp"

namespace tenure::chaos {

constexpr int whoever_leads = -1;

struct planned_fault {
  fault_kind kind{};
  int at_ms = 0;
  int for_ms = 0;  // 0: done at once
  int target = 0;  // the number of a candidate or member, or whoever leads when it comes to it
  int amount = 0;  // delay: ms; throttle: bytes a second; member_slow: percent of the time; one
                   // endpoint: which; quorum_lost: how, see below
  bool leader_only = false;  // waits for a leader to which nothing is being done
};

// Of quorum_lost.
constexpr int with_etcds_leader = 1;  // else both followers
constexpr int by_cuts = 2;            // of the links among the members; else frozen

struct circumstances {
  std::uint64_t seed = 1;
  int seconds = 60;
  int ttl_ms = 3000;
  int members = 3;
  int candidates = 4;
  bool real_cuts = false;  // in network namespaces; the last candidate is behind a link of its own
};

// In the order of time. The last part of the run is left in peace: by its end somebody must lead.
//
// What the deadline is there for is never left to chance. With room for it (20 s at a TTL of 3 s)
// there is at least one black hole that costs a leader its lease, two in a minute: meanwhile
// nothing is done to etcd and there is another candidate to which nothing is done. With several
// members there is also a time without a quorum that no leader outlives.
[[nodiscard]] std::vector<planned_fault> draw_schedule(const circumstances& under);

// How long such a black hole is at least. Before it ends, etcd must have given the key to the next
// candidate.
[[nodiscard]] constexpr int deposing_ms(int ttl_ms) { return ttl_ms * 3 / 2 + 1000; }

// "12.4 s  frozen, the leader, for 4.2 s"
[[nodiscard]] std::string describe(const planned_fault& plan);

}  // namespace tenure::chaos
