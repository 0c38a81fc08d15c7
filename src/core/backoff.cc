#include "core/backoff.hpp"

namespace tenure::core {

// What failed so long ago that even the longest pause is over by now says nothing of today.
nanos backoff::failed(nanos now, nanos retry_delay, choices& choose) {
  if (now > until_ + 8 * retry_delay) failures_ = 0;
  const nanos base = retry_delay << failures_;
  if (failures_ < 3) ++failures_;
  until_ = now + base / 2 + static_cast<nanos>(choose.below(static_cast<std::uint64_t>(base)));
  return until_;
}

}  // namespace tenure::core
