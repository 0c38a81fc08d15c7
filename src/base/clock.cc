#include "base/clock.hpp"

#include <ctime>

namespace tenure {

core::nanos boot_time() noexcept {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<core::nanos>(t.tv_sec) * core::second + t.tv_nsec;
}

}  // namespace tenure
