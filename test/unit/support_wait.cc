#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <csignal>
#include <cstdint>
#include <set>

#include "test/support/wait.hpp"

using tenure::test::free_port;
using tenure::test::run_until;

Test(wait, turns_the_loop_until_the_condition_holds_and_leaves_nothing_in_it) {
  uv_loop_t loop;
  cr_assert(eq(int, uv_loop_init(&loop), 0));
  uv_timer_t timer;
  int fired = 0;
  timer.data = &fired;
  uv_timer_init(&loop, &timer);
  uv_timer_start(
      &timer, [](uv_timer_t* each) { ++*static_cast<int*>(each->data); }, 1, 1);
  run_until(&loop, [&] { return fired >= 3; });
  cr_assert(ge(int, fired, 3));
  bool closed = false;
  timer.data = &closed;
  uv_close(reinterpret_cast<uv_handle_t*>(&timer),
           [](uv_handle_t* each) { *static_cast<bool*>(each->data) = true; });
  run_until(&loop, [&] { return closed; });
  cr_assert(eq(int, uv_loop_close(&loop), 0));
}

Test(wait, ends_the_test_when_the_guard_is_over, .signal = SIGABRT) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  run_until(
      &loop, [] { return false; }, 0);
}

Test(wait, never_gives_a_port_twice) {
  std::set<std::uint16_t> ports;
  for (int i = 0; i < 200; ++i) ports.insert(free_port());
  cr_assert(eq(sz, ports.size(), 200));
}
