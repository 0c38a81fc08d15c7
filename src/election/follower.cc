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
  closed_ = nullptr;
  if (session_ != nullptr) close({});
}

void follower::end() {
  session_->tell(std::move(last_));
  session_ = nullptr;
}

}  // namespace tenure::detail
