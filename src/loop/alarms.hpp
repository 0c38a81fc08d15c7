// What is to be called at a later moment, and the one timer that wakes the loop for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include <uv.h>

#include "base/call.hpp"
#include "core/time.hpp"

namespace tenure {

class alarms {
 public:
  // `due` is called when it is time to look again; from the timer, or from within `arm`.
  void open(uv_loop_t* loop, std::function<void()> due);
  // Returns a number for `forget`; never 0.
  std::uint64_t set(core::nanos when, std::function<void()> what) {
    all_.emplace(key{when, ++last_}, make_call(std::move(what)));
    return last_;
  }
  // It will not be called, unless it was handed over already. 0 is none.
  void forget(core::nanos when, std::uint64_t number) noexcept;
  // Hands over what is due, in order of time: so many at a time, the others after the next `arm`.
  template <class Take>
  void ring(core::nanos now, Take&& take) {
    for (std::size_t n = 0; n < slice && !all_.empty() && first() <= now; ++n) {
      call what = std::move(all_.begin()->second);
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
  using key = std::pair<core::nanos, std::uint64_t>;
  [[nodiscard]] core::nanos first() const { return all_.begin()->first.first; }

  uv_timer_t timer_{};
  std::map<key, call> all_;
  std::uint64_t last_ = 0;
  core::nanos armed_ = 0;
  std::function<void()> due_;
  std::function<void()> closed_;
};

}  // namespace tenure
