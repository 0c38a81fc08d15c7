#include "core/backoff.hpp"

namespace tenure::core {

// A failure counts until the longest pause after it is over. Then counting begins anew.
nanos backoff::failed(nanos now, nanos retry_delay, choices& choose) {
  if (now > until_ + 8 * retry_delay) failures_ = 0;
  const nanos base = retry_delay << failures_;
  if (failures_ < 3) ++failures_;
  until_ = now + base / 2 + static_cast<nanos>(choose.below(static_cast<std::uint64_t>(base)));
  return until_;
}

}  // namespace tenure::core
