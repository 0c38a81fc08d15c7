// The one place that calls the user. It never calls from within a call. It calls in order, a slice
// a turn, and not after close.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <uv.h>

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "loop/dispatcher.hpp"

using tenure::dispatcher;

namespace {

struct loop_host {
  uv_loop_t loop{};
  tenure::turn turn;
  dispatcher d;
  int after = 0;
  bool closed = false;

  loop_host() {
    uv_loop_init(&loop);
    turn.open(&loop);
    d.open(&loop, turn, [this] { ++after; });
  }
  ~loop_host() {
    if (!closed) end();
    cr_assert(eq(int, uv_loop_close(&loop), 0));
  }
  loop_host(const loop_host&) = delete;
  loop_host& operator=(const loop_host&) = delete;
  void run() { uv_run(&loop, UV_RUN_DEFAULT); }
  void end() {
    d.close([this] { turn.close([this] { closed = true; }); });
    run();
  }
};

}  // namespace

Test(loop_dispatcher, delivers_from_the_loop_in_order_and_then_lets_it_go) {
  loop_host h;
  std::vector<int> got;
  for (int i = 0; i < 100; ++i) h.d.post([&got, i] { got.push_back(i); });
  cr_assert(got.empty());
  h.run();
  cr_assert(eq(sz, got.size(), 100));
  for (int i = 0; i < 100; ++i) cr_assert(eq(int, +got[static_cast<std::size_t>(i)], +i));
  cr_assert(h.d.empty());
}

Test(loop_dispatcher, tells_its_owner_after_each_delivery) {
  loop_host h;
  for (int i = 0; i < 7; ++i) h.d.post([] {});
  h.run();
  cr_assert(eq(int, +h.after, 7));
}

Test(loop_dispatcher, what_is_posted_from_inside_comes_after_what_is_there) {
  loop_host h;
  std::vector<int> got;
  h.d.post([&] {
    got.push_back(1);
    h.d.post([&] { got.push_back(3); });
  });
  h.d.post([&] { got.push_back(2); });
  h.run();
  cr_assert(got == std::vector<int>({1, 2, 3}));
}

Test(loop_dispatcher, a_callable_lives_until_it_has_returned_and_no_longer) {
  loop_host h;
  const auto kept = std::make_shared<int>(7);
  int seen = 0;
  h.d.post([kept, &seen] { seen = *kept; });
  h.run();
  cr_assert(eq(int, +seen, 7));
  cr_assert(eq(long, kept.use_count(), 1));
}

Test(loop_dispatcher, leaves_the_rest_to_a_later_turn_when_its_slice_is_over) {
  loop_host h;
  int delivered = 0;
  for (int i = 0; i < 10; ++i) {
    h.d.post([&] {
      ++delivered;
      const auto until = tenure::boot_time() + tenure::core::millisecond;
      while (tenure::boot_time() < until) {
      }
    });
  }
  uv_run(&h.loop, UV_RUN_NOWAIT);
  cr_assert(eq(int, +delivered, 1));
  uv_run(&h.loop, UV_RUN_NOWAIT);
  cr_assert(eq(int, +delivered, 2));
  h.run();
  cr_assert(eq(int, +delivered, 10));
}

Test(loop_dispatcher, keeps_what_was_posted_before_it_was_opened) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  tenure::turn turn;
  turn.open(&loop);
  dispatcher d;
  bool called = false;
  d.post([&] { called = true; });
  cr_assert(not(d.empty()));
  bool closed = false;
  d.open(&loop, turn, [] {});
  d.post([] {});
  uv_run(&loop, UV_RUN_DEFAULT);
  cr_assert(called);
  d.close([&] { turn.close([&] { closed = true; }); });
  uv_run(&loop, UV_RUN_DEFAULT);
  cr_assert(closed);
  cr_assert(eq(int, uv_loop_close(&loop), 0));
}

Test(loop_dispatcher, may_be_closed_from_inside_a_delivery_and_destroyed_from_inside_closed) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  tenure::turn turn;
  turn.open(&loop);
  auto d = std::make_unique<dispatcher>();
  bool closed = false;
  d->open(&loop, turn, [] {});
  d->post([&] {
    d->close([&] {
      closed = true;
      d.reset();
      turn.close([] {});
    });
  });
  uv_run(&loop, UV_RUN_DEFAULT);
  cr_assert(closed);
  cr_assert(eq(int, uv_loop_close(&loop), 0));
}
