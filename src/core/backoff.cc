#include "core/backoff.hpp"

namespace tenure::core {

nanos backoff::failed(nanos now, nanos retry_delay, choices& choose) {
  const nanos base = retry_delay << failures_;
  if (failures_ < 3) ++failures_;
  until_ = now + base / 2 + static_cast<nanos>(choose.below(static_cast<std::uint64_t>(base)));
  return until_;
}

}  // namespace tenure::core
