// The clock of all deadlines: CLOCK_BOOTTIME, which goes on while the machine sleeps.
#pragma once

#include "core/time.hpp"

namespace tenure {

// What is shown when the clock cannot be read: later than every deadline, so that no token lives.
// Times can still be added to it.
inline constexpr core::nanos no_clock = core::never / 2;

core::nanos boot_time() noexcept;

}  // namespace tenure
