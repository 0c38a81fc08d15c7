// The cancel token: asked, told, derived; the truth at every moment, whoever has gone before.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

#include "token_world.hpp"

Test(token, a_default_one_is_cancelled_and_harmless) {
  const token t;
  cr_assert(t.cancelled());
  cr_assert(t.why() == reason::session_closed);
  cr_assert(t.time_left() == std::chrono::nanoseconds(0));
  cr_assert(t.child().cancelled());
  cr_assert(not(t.cancel()));
  record r;
  const subscription s = t.on_cancel(r.hook());
  cr_assert(r.heard.empty());
}

Test(token, asks_the_clock_itself_each_time) {
  leadership l;
  cr_assert(not(l.t.cancelled()));
  cr_assert(l.t.why() == reason::none);
  cr_assert(l.t.time_left() == std::chrono::seconds(10));
  now += 10 * second - 1;
  cr_assert(not(l.t.cancelled()));
  cr_assert(l.t.time_left() == std::chrono::nanoseconds(1));
  now += 1;  // no loop ran, nobody told it
  cr_assert(l.t.cancelled());
  cr_assert(l.t.why() == reason::deadline_passed);
  cr_assert(l.t.time_left() == std::chrono::nanoseconds(0));
}

Test(token, grows_with_each_renewal) {
  leadership l;
  now += 9 * second;
  cr_assert(l.deadline->extend(now + 10 * second));
  cr_assert(l.t.time_left() == std::chrono::seconds(10));
  now += 5 * second;
  cr_assert(not(l.t.cancelled()));
}

Test(token, what_was_found_passed_stays_passed_whatever_is_extended_later) {
  for (const bool asked : {true, false}) {
    leadership l;
    now += 10 * second;
    if (asked) cr_assert(l.t.cancelled());
    cr_assert(not(l.deadline->extend(now + 10 * second)));
    cr_assert(l.t.cancelled());
    now -= second;  // not even a clock that goes back helps
    cr_assert(l.t.cancelled());
    cr_assert(not(l.deadline->extend(now + 100 * second)));
    cr_assert(eq(i64, l.deadline->left(), 0));
  }
}

Test(token, is_one_pointer_wide_and_copies_say_the_same) {
  static_assert(sizeof(token) == sizeof(void*));
  static_assert(std::is_nothrow_copy_constructible_v<token> &&
                std::is_nothrow_move_constructible_v<token>);
  static_assert(!std::is_copy_constructible_v<subscription>);
  leadership l;
  token copy = l.t;
  token moved = std::move(copy);
  copy = moved;
  moved = token();
  copy = *&copy;
  cr_assert(not(copy.cancelled()));
  l.root->cancel(reason::key_deleted);
  cr_assert(copy.why() == reason::key_deleted);
}

Test(token, the_first_reason_stays) {
  leadership l;
  l.root->cancel(reason::resigned);
  l.root->cancel(reason::session_closed);
  now += 20 * second;
  cr_assert(l.t.why() == reason::resigned);
}

Test(token, may_be_asked_by_any_thread_and_never_comes_back_to_life) {
  leadership l;
  std::atomic<int> revived{0};
  std::atomic<bool> stop{false};
  const auto ask = [&stop, &revived, mine = l.t] {
    while (!stop) {
      const bool before = mine.cancelled();
      const token copy = mine;
      if (before && !copy.cancelled()) ++revived;
      if (copy.cancelled() != (copy.why() != reason::none) && !copy.cancelled()) ++revived;
    }
  };
  std::thread a(ask);
  std::thread b(ask);
  for (int i = 0; i < 2000; ++i) {
    now += second;
    if (!l.deadline->extend(now + second)) break;
  }
  now += 2 * second;
  l.deadline->extend(now + 10 * second);
  l.root->cancel(reason::key_deleted);
  stop = true;
  a.join();
  b.join();
  cr_assert(eq(int, revived.load(), 0));
  cr_assert(l.t.cancelled());
}

Test(token, outlives_the_session_and_reads_cancelled_then) {
  token kept;
  token derived;
  subscription s;
  record r;
  {
    leadership l;
    kept = l.t;
    derived = l.t.child(milliseconds(50));
    s = kept.on_cancel(r.hook());
  }
  cr_assert(kept.why() == reason::session_closed);
  cr_assert(derived.cancelled());
  cr_assert(derived.child().cancelled());
  cr_assert(r.heard.empty());
  const subscription late = kept.on_cancel(r.hook());
  s.reset();
}

// --- derived -------------------------------------------------------------------------------------

Test(token, a_child_ends_with_its_parent_and_not_the_other_way) {
  leadership l;
  const token child = l.t.child();
  const token grandchild = child.child();
  cr_assert(child.cancel());
  cr_assert(child.why() == reason::cancelled_by_user);
  cr_assert(grandchild.why() == reason::cancelled_by_user);
  cr_assert(not(l.t.cancelled()));
  const token another = l.t.child();
  l.root->cancel(reason::lease_expired);
  cr_assert(another.why() == reason::lease_expired);
  cr_assert(child.why() == reason::cancelled_by_user);
}

Test(token, a_leaderships_own_token_cannot_be_cancelled_by_its_user) {
  leadership l;
  cr_assert(not(l.t.cancel()));
  cr_assert(not(l.t.cancelled()));
}

Test(token, a_child_ends_at_its_own_limit) {
  leadership l;
  const token child = l.t.child(milliseconds(500));
  const token grandchild = child.child(milliseconds(800));
  cr_assert(child.time_left() == milliseconds(500));
  cr_assert(grandchild.time_left() == milliseconds(500), "not more than its parent");
  now += 500 * millisecond - 1;
  cr_assert(not(child.cancelled()));
  now += 1;
  cr_assert(child.why() == reason::limit_passed);
  cr_assert(grandchild.why() == reason::limit_passed);
  cr_assert(child.time_left() == milliseconds(0));
  cr_assert(not(l.t.cancelled()));
}

Test(token, odd_limits_do_what_they_say) {
  leadership l;
  cr_assert(l.t.child(milliseconds(0)).cancelled());
  cr_assert(l.t.child(milliseconds(-5)).cancelled());
  const token hours = l.t.child(milliseconds::max());
  cr_assert(not(hours.cancelled()));
  cr_assert(hours.time_left() == std::chrono::seconds(10));
}

Test(token, a_child_of_a_cancelled_token_is_cancelled) {
  leadership l;
  l.root->cancel(reason::resigned);
  cr_assert(l.t.child().why() == reason::resigned);
}

Test(token, tells_once_and_not_from_within_the_call) {
  leadership l;
  record r;
  const subscription s = l.t.on_cancel(r.hook());
  l.root->cancel(reason::key_deleted);
  cr_assert(r.heard.empty());
  l.tellers.turn();
  l.root->cancel(reason::session_closed);
  l.tellers.turn();
  cr_assert(r.is({reason::key_deleted}));
}

Test(token, tells_at_the_next_turn_if_it_is_cancelled_already) {
  leadership l;
  l.root->cancel(reason::resigned);
  record r;
  const subscription s = l.t.on_cancel(r.hook());
  cr_assert(r.heard.empty());
  l.tellers.turn();
  cr_assert(r.is({reason::resigned}));
}

Test(token, tells_all_in_the_order_of_their_subscription) {
  leadership l;
  std::vector<int> order;
  std::vector<subscription> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(l.t.child().on_cancel([&order, i](reason) { order.push_back(i); }));
  }
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(order == std::vector<int>({0, 1, 2, 3, 4}));
}

Test(token, tells_a_child_that_its_limit_has_passed) {
  leadership l;
  record r;
  const token child = l.t.child(milliseconds(300));
  const subscription s = child.on_cancel(r.hook());
  l.tellers.turn();
  cr_assert(r.heard.empty());
  now += 300 * millisecond;
  l.tellers.turn();
  cr_assert(r.is({reason::limit_passed}));
}

Test(token, tells_only_those_whose_token_is_cancelled) {
  leadership l;
  record parent, first, second_child;
  const token a = l.t.child();
  const token b = l.t.child();
  const subscription s0 = l.t.on_cancel(parent.hook());
  const subscription s1 = a.on_cancel(first.hook());
  const subscription s2 = b.on_cancel(second_child.hook());
  a.cancel();
  l.tellers.turn();
  cr_assert(parent.heard.empty() && second_child.heard.empty());
  cr_assert(first.is({reason::cancelled_by_user}));
  l.root->cancel(reason::key_deleted);
  l.tellers.turn();
  cr_assert(parent.is({reason::key_deleted}));
  cr_assert(second_child.is({reason::key_deleted}));
  cr_assert(first.is({reason::cancelled_by_user}));
}

Test(token, the_subscription_keeps_a_token_that_its_user_has_dropped) {
  leadership l;
  record r;
  const subscription s = l.t.child(milliseconds(100)).on_cancel(r.hook());
  now += 100 * millisecond;
  l.tellers.turn();
  cr_assert(r.is({reason::limit_passed}));
}

// --- withdrawn -----------------------------------------------------------------------------------

Test(token, a_subscription_withdrawn_before_the_cancel_hears_nothing) {
  leadership l;
  record r;
  subscription s = l.t.on_cancel(r.hook());
  s.reset();
  s.reset();
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(r.heard.empty());
}

Test(token, a_subscription_withdrawn_between_cancel_and_delivery_hears_nothing) {
  leadership l;
  record r;
  {
    const subscription s = l.t.on_cancel(r.hook());
    l.root->cancel(reason::resigned);
  }
  l.tellers.turn();
  cr_assert(r.heard.empty());
}

Test(token, a_subscription_may_be_withdrawn_from_inside_its_own_callback) {
  leadership l;
  std::optional<subscription> s;
  int heard = 0;
  const auto big = std::make_shared<std::vector<int>>(100, 7);
  s = l.t.on_cancel([&s, &heard, big](reason) {
    s.reset();
    heard += (*big)[99];  // the callable is still there
  });
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(eq(int, +heard, 7));
  cr_assert(eq(long, big.use_count(), 1));
}

Test(token, one_callback_may_withdraw_another_that_is_due) {
  leadership l;
  record r;
  subscription other;
  const subscription first = l.t.on_cancel([&](reason) { other.reset(); });
  other = l.t.on_cancel(r.hook());
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(r.heard.empty());
}

Test(token, a_callback_may_subscribe_cancel_and_derive) {
  leadership l;
  record r;
  std::vector<subscription> more;
  const subscription s = l.t.on_cancel([&](reason) {
    more.push_back(l.t.on_cancel(r.hook()));
    more.push_back(l.t.child().on_cancel(r.hook()));
    l.t.child().cancel();
  });
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(r.is({reason::resigned, reason::resigned}));
}

Test(token, a_callable_may_own_further_subscriptions) {
  leadership l;
  record r;
  auto owned = std::make_shared<subscription>(l.t.on_cancel(r.hook()));
  subscription s = l.t.on_cancel([owned](reason) {});
  owned.reset();
  s.reset();  // destroys the callable, which destroys the other subscription
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(r.heard.empty());
}

Test(token, a_subscription_destroyed_after_the_session_is_harmless) {
  record r;
  subscription early;
  subscription due;
  {
    leadership l;
    early = l.t.on_cancel(r.hook());
    due = l.t.on_cancel(r.hook());
    l.root->cancel(reason::resigned);
    l.gone();
    due.reset();
  }
  early.reset();
  cr_assert(r.heard.empty());
}

Test(token, a_subscription_can_be_moved_into_another_which_withdraws_that_one) {
  leadership l;
  record a, b;
  subscription first = l.t.on_cancel(a.hook());
  subscription other = l.t.on_cancel(b.hook());
  first = std::move(other);
  first = std::move(*&first);
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(a.heard.empty());
  cr_assert(b.is({reason::resigned}));
}

Test(token, the_session_may_end_from_inside_a_callback) {
  leadership l;
  record r;
  const subscription s = l.t.on_cancel([&](reason) { l.gone(); });
  const subscription never_told = l.t.on_cancel(r.hook());
  l.root->cancel(reason::resigned);
  const tenure::call first = std::move(l.tellers.queue.front());
  l.tellers.queue.pop_front();
  first.front()();
  cr_assert(r.heard.empty());
}

// --- forked --------------------------------------------------------------------------------------

Test(token, reads_cancelled_in_a_forked_child_and_untouched_in_the_parent) {
  leadership l;
  const token child = l.t.child();
  const pid_t pid = fork();
  if (pid == 0) {
    const bool ok = l.t.cancelled() && l.t.why() == reason::forked &&
                    child.why() == reason::forked && l.t.time_left().count() == 0 &&
                    l.deadline->forked();
    _exit(ok ? 0 : 1);
  }
  int status = 0;
  cr_assert(eq(int, waitpid(pid, &status, 0), static_cast<int>(pid)));
  cr_assert(well(status));
  cr_assert(not(l.t.cancelled()));
}
