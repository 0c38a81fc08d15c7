// What the core believes of its lease after a step. The deadline of the tokens needs no more.
#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace tenure::core {

struct belief {
  std::int64_t lease = 0;
  nanos cutoff = 0;      // tokens are cancelled from this moment on
  bool leading = false;  // at least one leadership hangs on the lease
  bool losing = false;   // all leaderships are being lost, a slice a turn
};

}  // namespace tenure::core
