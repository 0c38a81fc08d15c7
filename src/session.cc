#include "tenure/session.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "session/session_impl.hpp"

namespace tenure {

session::session(session&& other) noexcept = default;

session& session::operator=(session&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

session::~session() {
  if (impl_ != nullptr) impl_->silence();
}

error session::open(uv_loop_s* loop, const session_options& options, session_events events) {
  if (impl_ != nullptr && impl_->is_open())
    return {errc::wrong_state, "the session is open already", 0};
  return guarded([&]() -> error {
    auto made = std::make_shared<detail::session_impl>();
    if (error e = made->open(loop, options, std::move(events))) return e;
    impl_ = std::move(made);  // an earlier one is closing or closed: it ends by itself
    return {};
  });
}

bool session::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

bool session::is_open() const noexcept { return impl_ != nullptr && impl_->is_open(); }

session_stats session::stats() const noexcept {
  return impl_ != nullptr ? impl_->stats() : session_stats();
}

}  // namespace tenure
