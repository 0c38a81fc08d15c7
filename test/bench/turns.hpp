// How long each turn of a loop takes its callbacks, without the time it waits for events.
#pragma once

#include <uv.h>

#include <cstdint>
#include <ctime>

#include "test/bench/sample.hpp"

namespace bench {

class turns {
 public:
  explicit turns(uv_loop_t* loop) : loop_(loop) {
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
    uv_prepare_init(loop, &prepare_);
    prepare_.data = this;
  }
  // Each turn ends where the loop is about to wait: what ran since then is one turn of callbacks.
  void begin() {
    wall_ = cpu_ = {};
    skip_ = true;
    uv_prepare_start(&prepare_, [](uv_prepare_t* h) { static_cast<turns*>(h->data)->ended(); });
    uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  }
  // The bench's own doings are in this turn: it does not count.
  void skip() { skip_ = true; }

  [[nodiscard]] const sample& wall_us() const { return wall_; }
  [[nodiscard]] const sample& cpu_us() const { return cpu_; }  // the thread's time on a processor

 private:
  void ended() {
    const std::uint64_t idle = uv_metrics_idle_time(loop_);
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    const std::int64_t cpu = static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
    const std::uint64_t now = uv_hrtime();
    if (!skip_) {
      wall_.add(static_cast<double>((now - last_) - (idle - last_idle_)) / 1e3);
      cpu_.add(static_cast<double>(cpu - last_cpu_) / 1e3);
    }
    skip_ = false;
    last_ = now;
    last_idle_ = idle;
    last_cpu_ = cpu;
  }

  uv_loop_t* loop_;
  uv_prepare_t prepare_{};
  sample wall_;
  sample cpu_;
  std::uint64_t last_ = 0;
  std::uint64_t last_idle_ = 0;
  std::int64_t last_cpu_ = 0;
  bool skip_ = true;
};

}  // namespace bench
