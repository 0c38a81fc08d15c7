// Many seeds, one after the other, on all processors.
#pragma once

#include <cstdint>
#include <optional>

namespace sim {

struct wishes {
  std::uint64_t first = 1;
  std::uint64_t count = 20000;
  std::uint64_t twice_every = 1000;  // a run that is repeated, and must come to the same
  std::uint64_t jobs = 0;            // processes; 0: one for each processor
  bool all = false;                  // go on after a failure
  bool short_checkpoints = false;    // see world
};

// Prints what was found: the same whatever the number of jobs, but for the times. Returns the
// lowest seed that breaks a rule (or is not the same when run again), if there is one.
std::optional<std::uint64_t> search(const wishes& w);

}  // namespace sim
