#include "loop/dispatcher.hpp"

#include <utility>

#include "base/guarded.hpp"

namespace tenure {

void dispatcher::open(uv_loop_t* loop, turn& now, std::function<void()> after,
                      std::function<void()> no_memory) {
  turn_ = &now;
  uv_idle_init(loop, &idle_);
  idle_.data = this;
  after_ = std::move(after);
  no_memory_ = std::move(no_memory);
  open_ = true;
}

void dispatcher::post(call&& ready) noexcept {
  queue_.splice(queue_.end(), ready);
  wake();
}

void dispatcher::again() noexcept {
  again_ = true;
  wake();
}

void dispatcher::wake() {
  if (!open_) return;
  // An idle handle makes the loop come round at once, whatever else it waits for.
  uv_idle_start(&idle_,
                [](uv_idle_t* h) noexcept { static_cast<dispatcher*>(h->data)->deliver(); });
}

void dispatcher::deliver() {
  while (open_ && !turn_->spent()) {
    const turn::piece work(*turn_);
    if (std::exchange(again_, false)) {
      run(after_);
    } else if (!queue_.empty()) {
      // Moved out first: what is called may post, or destroy the object that posted it.
      call next;
      next.splice(next.begin(), queue_, queue_.begin());
      again_ = true;
      run(next.front());
    } else {
      uv_idle_stop(&idle_);
      return;
    }
  }
}

void dispatcher::run(const std::function<void()>& what) noexcept {
  if (!has_memory_for(what) && no_memory_) no_memory_();
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
