// In the build that measures coverage: counts how lease and watch move from state to state in a
// step of the core.
#pragma once

#ifdef TENURE_SIM_TRANSITIONS

#include <cstdint>

#include "core/machine.hpp"

namespace sim {

class watched {
 public:
  explicit watched(const tenure::core::machine& m);
  ~watched();
  watched(const watched&) = delete;
  watched& operator=(const watched&) = delete;

 private:
  const tenure::core::machine& machine_;
  int lease_;
  int watch_;
  std::int64_t id_;
  std::uint64_t opens_;
};

}  // namespace sim

#endif
