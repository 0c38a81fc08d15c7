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

nanos pace::again(nanos now, nanos retry_delay, choices& choose) {
  if (now < until()) return until();
  const bool calm = now >= calm_from_;
  // Longer than the longest pause. Else that alone would look like calm.
  calm_from_ = now + 16 * retry_delay;
  return calm ? now : pause_.failed(now, retry_delay, choose);
}

}  // namespace tenure::core
