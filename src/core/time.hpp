// Time as the core sees it: integer nanoseconds of a clock that the host reads and passes in.
#pragma once

#include <cstdint>
#include <limits>

namespace tenure::core {

using nanos = std::int64_t;

inline constexpr nanos millisecond = 1'000'000;
inline constexpr nanos second = 1'000'000'000;
inline constexpr nanos never = std::numeric_limits<nanos>::max();

}  // namespace tenure::core
