#include "core/endpoints.hpp"

namespace tenure::core {

// The first endpoint is chosen at random. So many clients spread over the members.
endpoints::endpoints(std::size_t count, choices& choose)
    : list_(count),
      live_(~endpoint_set{0} >> (max_endpoints - count)),
      preferred_(static_cast<std::uint32_t>(choose.below(count))) {}

std::optional<std::uint32_t> endpoints::pick(nanos now, endpoint_set tried) const {
  std::optional<std::uint32_t> best;
  for (std::size_t step = 0; step < list_.size(); ++step) {
    const std::size_t turned = preferred_ + step;
    const auto at =
        static_cast<std::uint32_t>(turned < list_.size() ? turned : turned - list_.size());
    if (!has(at) || (tried >> at & 1U) != 0) continue;
    if (!resting(at, now)) return at;
    if (!best || list_[at].rests_until < list_[*best].rests_until) best = at;
  }
  return best;
}

void endpoints::changed(const endpoints_changed& e, choices& choose) {
  live_ = e.live;
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t at = 0; at < max_endpoints; ++at) {
    if (!has(at)) continue;
    numbers.push_back(at);
    if (at >= list_.size()) list_.resize(at + 1);
    if ((e.fresh >> at & 1U) != 0) list_[at] = {};
  }
  if (by_chance_ && !numbers.empty()) preferred_ = numbers[choose.below(numbers.size())];
}

void endpoints::succeeded(std::uint32_t endpoint) {
  list_[endpoint] = {};
  by_chance_ = false;
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
