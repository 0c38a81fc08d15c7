#include "loop/turn.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/fork_guard.hpp"

namespace tenure {

void turn::open(uv_loop_t* loop) {
  uv_prepare_init(loop, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_,
                   [](uv_prepare_t* h) noexcept { static_cast<turn*>(h->data)->begin(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
}

void turn::at_fork(std::uint32_t process, std::function<void()> what) {
  process_ = process;
  at_fork_ = std::move(what);
}

void turn::begin() {
  used_ = 0;
  if (!at_fork_ || fork_guard::still(process_)) return;
  const std::function<void()> forked = std::exchange(at_fork_, nullptr);
  forked();
}

void turn::check_handles() const {
  if (uv_is_closing(reinterpret_cast<const uv_handle_t*>(&prepare_)) == 0) return;
  std::fputs(
      "tenure: a handle of a session was closed by others, by uv_walk with uv_close perhaps: "
      "close the session first, and walk in its `closed`\n",
      stderr);
  std::abort();
}

void turn::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), [](uv_handle_t* h) noexcept {
    const std::function<void()> closed = std::move(static_cast<turn*>(h->data)->closed_);
    closed();
  });
}

}  // namespace tenure
