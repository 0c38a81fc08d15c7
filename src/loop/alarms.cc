#include "loop/alarms.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace tenure {

namespace {

constexpr core::nanos longest_sleep = 3600 * core::second;

}  // namespace

void alarms::open(uv_loop_t* loop, std::function<void()> due) {
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  due_ = std::move(due);
}

// libuv's timer is a hint: its clock is cached and stops while the machine sleeps.
void alarms::arm(core::nanos now, core::nanos wake) {
  if (!all_.empty()) wake = std::min(wake, first());
  if (wake == armed_ && uv_is_active(reinterpret_cast<uv_handle_t*>(&timer_)) != 0) return;
  armed_ = wake;
  if (wake <= now) {
    // No timer: it would run in this turn of the loop, which may have done enough.
    due_();
    return;
  }
  const core::nanos delay = std::min(wake - now, longest_sleep);
  uv_update_time(timer_.loop);
  uv_timer_start(
      &timer_, [](uv_timer_t* t) noexcept { static_cast<alarms*>(t->data)->due_(); },
      static_cast<std::uint64_t>((delay + core::millisecond - 1) / core::millisecond), 0);
}

// What it keeps alive may call here again as it goes.
void alarms::forget(core::nanos when, std::uint64_t number) noexcept {
  const auto gone = all_.extract(key{when, number});
}

void alarms::clear() {
  all_.clear();
  uv_timer_stop(&timer_);
}

void alarms::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), [](uv_handle_t* h) noexcept {
    const std::function<void()> closed = std::move(static_cast<alarms*>(h->data)->closed_);
    closed();
  });
}

}  // namespace tenure
