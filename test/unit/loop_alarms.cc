// What is to be called later: in order of time, never too early, a slice at a time.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <uv.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "loop/alarms.hpp"

using tenure::alarms;
using tenure::boot_time;
namespace core = tenure::core;

namespace {

struct clockwork {
  uv_loop_t loop{};
  alarms a;
  int due = 0;
  std::vector<int> rung;

  clockwork() {
    uv_loop_init(&loop);
    a.open(&loop, [this] { ++due; });
  }
  ~clockwork() {
    bool closed = false;
    a.close([&closed] { closed = true; });
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert(closed);
    cr_assert(eq(int, uv_loop_close(&loop), 0));
  }
  clockwork(const clockwork&) = delete;
  clockwork& operator=(const clockwork&) = delete;

  std::uint64_t set(core::nanos when, int what) {
    return a.set(when, [this, what] { rung.push_back(what); });
  }
  void ring(core::nanos now) {
    a.ring(now, [](const tenure::call& what) { what.front()(); });
  }
};

}  // namespace

Test(loop_alarms, ring_in_order_of_time_and_not_before) {
  clockwork c;
  c.set(30, 3);
  c.set(10, 1);
  c.set(20, 2);
  c.ring(9);
  cr_assert(c.rung.empty());
  c.ring(20);
  cr_assert(c.rung == std::vector<int>({1, 2}));
  c.ring(1000);
  cr_assert(c.rung == std::vector<int>({1, 2, 3}));
}

Test(loop_alarms, of_many_that_are_due_the_rest_is_due_again) {
  clockwork c;
  for (int i = 0; i < 100; ++i) c.set(1, i);
  c.ring(5);
  cr_assert(eq(sz, c.rung.size(), 64));
  c.a.arm(5, core::never);
  cr_assert(eq(int, +c.due, 1));
  c.ring(5);
  cr_assert(eq(sz, c.rung.size(), 100));
}

Test(loop_alarms, wake_the_loop_for_the_first_or_for_what_its_owner_waits_for) {
  clockwork c;
  const core::nanos now = boot_time();
  c.set(now + 5 * core::millisecond, 1);
  c.a.arm(now, core::never);
  uv_run(&c.loop, UV_RUN_ONCE);
  cr_assert(eq(int, +c.due, 1));
  c.a.clear();
  const core::nanos then = boot_time();
  c.set(then + 3600 * core::second, 2);
  c.a.arm(then, then + 5 * core::millisecond);
  uv_run(&c.loop, UV_RUN_ONCE);
  cr_assert(eq(int, +c.due, 2));
  cr_assert(c.rung.empty());
}

Test(loop_alarms, what_is_due_now_needs_no_timer) {
  clockwork c;
  c.a.arm(100, 100);
  cr_assert(eq(int, +c.due, 1));
  cr_assert(eq(int, uv_loop_alive(&c.loop), 0));
}

Test(loop_alarms, what_is_forgotten_is_not_called_and_kept_no_longer) {
  clockwork c;
  const auto held = std::make_shared<int>();
  c.set(10, 1);
  const auto number = c.a.set(10, [held, &c] { c.rung.push_back(2); });
  c.set(10, 3);
  cr_assert(eq(long, held.use_count(), 2));
  c.a.forget(10, number);
  cr_assert(eq(long, held.use_count(), 1));
  c.a.forget(10, number);
  c.a.forget(0, 0);
  c.ring(10);
  cr_assert(c.rung == std::vector<int>({1, 3}));
}
