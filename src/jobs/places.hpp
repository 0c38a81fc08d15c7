// How many jobs may run in a process at once, those being stopped included. Pure; the simulation's
// users keep to it, too.
#pragma once

#include <cstddef>
#include <optional>

namespace tenure::jobs {

class places {
 public:
  // Empty: no limit.
  explicit places(std::optional<std::size_t> most = {}) : most_(most) {}

  [[nodiscard]] bool room() const { return !most_ || taken_ < *most_; }
  // For a job that was elected; false: it is given back unstarted.
  [[nodiscard]] bool take() {
    if (!room()) return false;
    ++taken_;
    return true;
  }
  // Its work has stopped. True if there was no room until now: who stood back may stand again.
  bool free() {
    const bool was_full = !room();
    --taken_;
    return was_full;
  }

 private:
  std::optional<std::size_t> most_;
  std::size_t taken_ = 0;
};

}  // namespace tenure::jobs
