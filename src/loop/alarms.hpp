// What is to be called at a later moment, and the one timer that wakes the loop for it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>

#include <uv.h>

#include "core/time.hpp"

namespace tenure {

class alarms {
 public:
  // `due` is called when it is time to look again; from the timer, or from within `arm`.
  void open(uv_loop_t* loop, std::function<void()> due);
  void set(core::nanos when, std::function<void()> what) { all_.emplace(when, std::move(what)); }
  // Hands over what is due, in order of time: so many at a time, the others after the next `arm`.
  template <class Take>
  void ring(core::nanos now, Take&& take) {
    for (std::size_t n = 0; n < slice && !all_.empty() && all_.begin()->first <= now; ++n) {
      auto what = std::move(all_.begin()->second);
      all_.erase(all_.begin());
      take(std::move(what));
    }
  }
  // Wakes the loop for the first of them, or at `wake` if that is earlier.
  void arm(core::nanos now, core::nanos wake);
  void clear();
  // Closes its handle; `closed` is called from the loop.
  void close(std::function<void()> closed);

 private:
  static constexpr std::size_t slice = 64;

  uv_timer_t timer_{};
  std::multimap<core::nanos, std::function<void()>> all_;
  core::nanos armed_ = 0;
  std::function<void()> due_;
  std::function<void()> closed_;
};

}  // namespace tenure
