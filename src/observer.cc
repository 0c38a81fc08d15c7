#include "tenure/observer.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "election/observer_impl.hpp"
#include "wire/names.hpp"

namespace tenure {

observer::observer(observer&& other) noexcept = default;

observer& observer::operator=(observer&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

observer::~observer() {
  if (impl_ != nullptr) impl_->silence();
}

error observer::follow(session& session, const std::string& shard, observer_events events) {
  if (impl_ != nullptr && impl_->in_use())
    return {errc::wrong_state, "the observer is in use: close it first", 0};
  if (!session.is_open()) return detail::session_impl::not_open();
  if (error e = names::check_shard(shard)) return e;
  return guarded([&]() -> error {
    impl_ = detail::observer_impl::follow(*session.impl_, shard, std::move(events));
    return {};
  });
}

bool observer::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

}  // namespace tenure
