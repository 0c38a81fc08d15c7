#include "core/endpoints.hpp"

namespace tenure::core {

// The first one is chosen at random, so that many clients spread over the members.
endpoints::endpoints(std::size_t count, choices& choose)
    : list_(count), preferred_(static_cast<std::uint32_t>(choose.below(count))) {}

std::optional<std::uint32_t> endpoints::pick(nanos now, endpoint_set tried) const {
  std::optional<std::uint32_t> best;
  for (std::size_t step = 0; step < list_.size(); ++step) {
    const std::size_t turned = preferred_ + step;
    const auto at =
        static_cast<std::uint32_t>(turned < list_.size() ? turned : turned - list_.size());
    if ((tried >> at & 1U) != 0) continue;
    if (!resting(at, now)) return at;
    if (!best || list_[at].rests_until < list_[*best].rests_until) best = at;
  }
  return best;
}

void endpoints::succeeded(std::uint32_t endpoint) {
  list_[endpoint] = {};
  if (endpoint == preferred_) return;
  preferred_ = endpoint;
  ++changes_;
}

void endpoints::failed(std::uint32_t endpoint, nanos now, nanos pause) {
  auto& it = list_[endpoint];
  it.rests_until = now + (pause << it.failures);
  if (it.failures < 4) ++it.failures;
}

}  // namespace tenure::core
