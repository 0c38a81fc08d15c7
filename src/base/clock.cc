#include "base/clock.hpp"

#include <ctime>

namespace tenure {

core::nanos boot_time() noexcept {
  timespec t{};
  if (clock_gettime(CLOCK_BOOTTIME, &t) != 0) return no_clock;
  return static_cast<core::nanos>(t.tv_sec) * core::second + t.tv_nsec;
}

}  // namespace tenure
