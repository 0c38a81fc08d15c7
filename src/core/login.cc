#include "core/login.hpp"

#include <algorithm>

namespace tenure::core {

bool login::refused(std::uint32_t number) {
  if (!needed_) return false;
  if (number == number_) held_ = false;
  return true;
}

void login::refused_to_watch() {
  if (!needed_) return;
  held_ = false;
  watch_waits_ = true;
}

// Some versions hang up on a token that they do not know (etcd#15256, #20332). Another token helps.
void login::hung_up(std::uint32_t number) {
  if (!needed_ || !held_ || number != number_) return;
  if (++unanswered_ == 2) held_ = false;
}

void login::succeeded(nanos now, nanos life) {
  held_ = true;
  watch_waits_ = false;
  unanswered_ = 0;
  failures_ = 0;
  ++number_;
  renew_at_ = life > 0 ? now + life / 4 * 3 : never;
}

void login::failed(nanos from, nanos retry_delay, choices& choose) {
  const nanos base = retry_delay << std::min(failures_++, 5);
  const auto jitter = static_cast<nanos>(choose.below(static_cast<std::uint64_t>(base / 2)));
  not_before_ = std::max(not_before_, from + base + jitter);
}

}  // namespace tenure::core
