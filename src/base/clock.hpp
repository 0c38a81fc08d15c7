// The clock of all deadlines: CLOCK_BOOTTIME, which goes on while the machine sleeps.
#pragma once

#include "core/time.hpp"

namespace tenure {

core::nanos boot_time() noexcept;

}  // namespace tenure
