#include "dispatcher.hpp"

#include <utility>

#include "clock.hpp"

namespace tenure {

namespace {

// How long one turn of the loop may be used before the rest waits for the next.
constexpr core::nanos slice = core::millisecond / 20;

}  // namespace

void dispatcher::open(uv_loop_t* loop, std::function<void()> after) {
  uv_idle_init(loop, &idle_);
  idle_.data = this;
  after_ = std::move(after);
  open_ = true;
}

void dispatcher::post(std::function<void()> what) {
  queue_.push_back(std::move(what));
  wake();
}

void dispatcher::again() {
  again_ = true;
  wake();
}

void dispatcher::rest() {
  rest_ = true;
  wake();
}

void dispatcher::wake() {
  if (!open_) return;
  // An idle handle makes the loop come round at once, whatever else it waits for.
  uv_idle_start(&idle_, [](uv_idle_t* h) noexcept { static_cast<dispatcher*>(h->data)->deliver(); });
}

void dispatcher::deliver() {
  if (std::exchange(rest_, false)) return;
  if (std::exchange(again_, false)) {
    after_();
    return;
  }
  const core::nanos until = boot_time() + slice;
  do {
    if (queue_.empty()) {
      uv_idle_stop(&idle_);
      return;
    }
    // Moved out first: what is called may post, or take the object apart that posted it.
    const std::function<void()> next = std::move(queue_.front());
    queue_.pop_front();
    next();
    after_();
  } while (open_ && !rest_ && !again_ && boot_time() < until);
}

void dispatcher::close(std::function<void()> closed) {
  open_ = false;
  closed_ = std::move(closed);
  uv_idle_stop(&idle_);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), [](uv_handle_t* h) noexcept {
    const std::function<void()> closed = std::move(static_cast<dispatcher*>(h->data)->closed_);
    closed();
  });
}

}  // namespace tenure
