#include "election/follower.hpp"

namespace tenure::detail {

bool follower::close(std::function<void()> closed) {
  if (session_ == nullptr) return false;
  closed_ = std::move(closed);
  detach();
  end();
  return true;
}

void follower::silence() {
  silent_ = true;
  if (session_ != nullptr) close({});
}

void follower::end() {
  post([this] {
    if (const auto closed = std::move(closed_)) closed();
  });
  session_ = nullptr;
}

}  // namespace tenure::detail
