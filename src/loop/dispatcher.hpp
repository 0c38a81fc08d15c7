// The only code that calls the user. Everything else appends to its queue; it delivers from the
// loop, one at a time, in order, a bounded slice a turn.
#pragma once

#include <functional>
#include <utility>

#include <uv.h>

#include "base/call.hpp"
#include "loop/turn.hpp"

namespace tenure {

class dispatcher {
 public:
  // `after` runs after each delivery: user code has run, so time has passed. `no_memory` hears of
  // it if memory runs out in a delivery, or in `after`.
  void open(uv_loop_t* loop, turn& now, std::function<void()> after,
            std::function<void()> no_memory = {});
  void post(std::function<void()> what) { post(make_call(std::move(what))); }
  void post(call&& ready) noexcept;
  // Runs `after`, from the loop.
  void again() noexcept;
  [[nodiscard]] bool empty() const { return queue_.empty(); }
  // Closes its handle; `closed` is called from the loop. The queue must be empty.
  void close(std::function<void()> closed);

 private:
  void wake();
  void deliver();
  void run(const std::function<void()>& what) noexcept;

  uv_idle_t idle_{};
  call queue_;
  std::function<void()> after_;
  std::function<void()> no_memory_;
  std::function<void()> closed_;
  bool open_ = false;
  turn* turn_ = nullptr;
  bool again_ = false;  // `after` is due
};

}  // namespace tenure
