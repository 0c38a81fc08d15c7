// What a process may believe of its lease by the answers it has heard: reckoned from safety.md, by
// another way than the core's, and held against the core's own deadline.
#pragma once

#include <cstdint>
#include <vector>

#include "choice.hpp"
#include "core/action.hpp"
#include "core/event.hpp"
#include "core/timings.hpp"

namespace sim {

class proof {
 public:
  void reset(const tenure::core::asked_timings& asked);
  // An answer is heard; `sent` is when its request was, by the process's own clock, `lease` the one
  // that the process has or wants.
  void heard(const tenure::core::send& asked, const tenure::core::answer& a, nanos sent,
             std::int64_t lease);
  // No token may live longer than until here.
  [[nodiscard]] nanos cutoff() const { return cutoff_; }

 private:
  struct of_term {
    std::uint64_t term = 0;
    nanos kept = 0;   // sending of the last renewal acknowledged under it
    nanos wrote = 0;  // sending of the last write answered under it
  };
  of_term& under(std::uint64_t term);

  tenure::core::asked_timings asked_;
  std::int64_t lease_ = 0;
  nanos ttl_ = 0;
  nanos cutoff_ = 0;
  std::vector<of_term> terms_;
};

// Whether etcd puts it into its log: only what is written proves a term.
[[nodiscard]] bool logged(tenure::core::op what);

}  // namespace sim
