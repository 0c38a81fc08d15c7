// Many tokens, deep ones, and tokens without memory: what they cost and what is left of them.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "test/support/failing_memory.hpp"
#include "token_world.hpp"

Test(token_many, a_child_cancelled_and_dropped_leaves_nothing_behind_before_its_limit) {
  leadership l;
  record r;
  for (int i = 0; i < 100; ++i) {
    const token step = l.t.child(std::chrono::hours(1));
    const subscription told = step.on_cancel(r.hook());
    step.cancel();
    cr_assert(eq(sz, l.tellers.looks.size(), 1u));
  }
  cr_assert(l.tellers.looks.empty());
  for (auto& each : l.tellers.queue) each.clear();
  cr_assert(r.heard.empty());
}

Test(token_many, a_million_nested_ones_are_released_without_a_stack) {
  leadership l;
  token deepest = l.t;
  for (int i = 0; i < 1000000; ++i) deepest = deepest.child();
  cr_assert(not(deepest.cancelled()));
  record r;
  subscription told = deepest.on_cancel(r.hook());
  deepest = token();
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(r.is({reason::resigned}));
  told.reset();
}

// Each cancel of one among so many looks at its own callbacks: were it at all of them, these would
// be 40,000,000,000 looks.
Test(token_many, ten_thousands_are_cancelled_one_by_one_and_tell_only_their_own) {
  leadership l;
  constexpr std::size_t many = 200000;
  std::size_t heard = 0;
  std::vector<token> all(many);
  std::vector<subscription> told(many);
  for (std::size_t i = 0; i < many; ++i) {
    all[i] = l.t.child(milliseconds(i % 2 == 0 ? 9000 : 8000));
    told[i] = all[i].on_cancel([&heard](reason) { ++heard; });
  }
  for (std::size_t i = 0; i < many; ++i) {
    all[i].cancel();
    cr_assert(eq(sz, l.tellers.turn(), 1u));
    cr_assert(eq(sz, +heard, i + 1));
  }
  cr_assert(l.tellers.looks.empty());
}

Test(token_many, a_cancelled_one_tells_all_that_derive_from_it_and_nobody_else) {
  leadership l;
  std::vector<int> heard;
  const auto hook = [&heard](int who) { return [&heard, who](reason) { heard.push_back(who); }; };
  const token a = l.t.child();
  const token aa = a.child();
  const token ab = a.child();
  const token aba = ab.child();
  const token b = l.t.child();
  const subscription s[] = {b.on_cancel(hook(1)),   aba.on_cancel(hook(2)), aa.on_cancel(hook(3)),
                            l.t.on_cancel(hook(4)), a.on_cancel(hook(5)),   aba.on_cancel(hook(6))};
  a.cancel();
  l.tellers.turn();
  std::sort(heard.begin(), heard.end());
  cr_assert(heard == std::vector<int>({2, 3, 5, 6}));
  l.root->cancel(reason::resigned);
  l.tellers.turn();
  cr_assert(heard == std::vector<int>({2, 3, 5, 6, 1, 4}));
}

Test(token_many, without_memory_a_subscription_is_empty_and_nothing_is_left_of_it) {
  for (std::size_t n = 0;; ++n) {
    leadership l;
    record r;
    const token child = l.t.child(milliseconds(100));
    auto hook = std::function<void(reason)>(r.hook());
    bool failed = false;
    subscription told;
    {
      const tenure::test::failing_memory memory(n);
      told = child.on_cancel(std::move(hook));
      failed = memory.failed();
    }
    cr_assert(eq(int, static_cast<bool>(told), not failed));
    cr_assert(eq(sz, l.tellers.looks.size(), failed ? 0u : 1u));
    now += 100 * millisecond;
    l.tellers.turn();
    cr_assert(eq(sz, r.heard.size(), failed ? 0u : 1u));
    if (!failed) break;
  }
}

// Whoever is registered is told, also when memory has run out since.
Test(token_many, tells_without_memory) {
  leadership l;
  record r;
  r.heard.reserve(1);
  const subscription told = l.t.child().on_cancel(r.hook());
  tenure::call queued;
  {
    const tenure::test::failing_memory memory(0);
    l.root->cancel(reason::key_deleted);
    cr_assert(not(memory.failed()));
  }
  l.tellers.turn();
  cr_assert(r.is({reason::key_deleted}));
}
