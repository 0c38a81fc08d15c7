// What it costs to ask a token.
#include <ctime>

#include <uv.h>

#include "tenure/tenure.hpp"
#include "test/bench/world.hpp"
#include "test/support/wait.hpp"

namespace bench {

namespace {

// Nanoseconds a call. Keeps the result, so that no call is left out.
template <class Call>
double each_ns(Call call) {
  constexpr int calls = 200000;
  int sum = 0;
  const std::int64_t from = now_ns();
  for (int i = 0; i < calls; ++i) sum += call();
  const std::int64_t until = now_ns();
  volatile int keep = sum;
  (void)keep;
  return static_cast<double>(until - from) / calls;
}

}  // namespace

void token(world& w) {
  w.out.section("token.cancelled()");
  uv_loop_t loop;
  uv_loop_init(&loop);
  tenure::session_options options;
  options.endpoints = {w.endpoint};
  options.app = w.new_app("token");
  options.instance = "a";
  tenure::session session;
  tenure::candidate candidate;
  tenure::leadership led;
  tenure::candidate_events on;
  on.acquired = [&](const tenure::leadership& term) { led = term; };
  if (auto e = session.open(&loop, options)) fail(e.message);
  if (auto e = candidate.stand(session, {}, on)) fail(e.message);
  tenure::test::run_until(&loop, [&] { return candidate.leading(); });
  sample asked;
  sample clock;
  for (int i = 0; i < std::max(3, w.runs); ++i) {
    clock.add(each_ns([] {
      timespec t;
      return clock_gettime(CLOCK_BOOTTIME, &t) + static_cast<int>(t.tv_nsec & 1);
    }));
    asked.add(each_ns([&] { return static_cast<int>(led.token.cancelled()); }));
    uv_run(&loop, UV_RUN_NOWAIT);
  }
  if (led.token.cancelled()) fail("the token ended while it was measured");
  w.out.add(
      {"one call, median", "ns", asked.median(), "clock_gettime(BOOTTIME)", clock.median(), 30});
  bool closed = false;
  session.close([&] { closed = true; });
  candidate.work_stopped(led.fencing_token);
  tenure::test::run_until(&loop, [&] { return closed; });
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
}

}  // namespace bench
