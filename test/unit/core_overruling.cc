// When the greatest term that was seen is given up.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/overruling.hpp"

using namespace tenure::core;

namespace {

// TTL 10 s, renewed every 2 s.
struct hearing {
  explicit hearing(std::size_t endpoints = 3) : alone(endpoints == 1) { says(0, false); }

  // Asked and answered within a millisecond.
  bool says(std::uint32_t endpoint, bool lower = true, bool proof = true) {
    const nanos sent = now += millisecond;
    now += millisecond;
    return o.heard(now, t, {sent, endpoint, lower, proof, alone});
  }
  // Once a second for so long; true as soon as it is overruled.
  bool goes_on(nanos span, std::uint32_t endpoints = 3, bool proof = true) {
    for (const nanos end = now + span; now < end; now += second) {
      if (says(static_cast<std::uint32_t>(now / second) % endpoints, true, proof)) return true;
    }
    return false;
  }

  timings t = resolve({}, 10 * second);
  bool alone;
  overruling o;
  nanos now = 1000 * second;
};

}  // namespace

Test(core_overruling, writes_under_a_lower_term_overrule_it_when_the_old_leases_are_over) {
  hearing h;
  cr_assert(not(h.goes_on(10 * second)));
  cr_assert(h.goes_on(4 * second));
}

Test(core_overruling, one_write_or_two_overrule_nothing) {
  hearing h;
  h.says(0);
  h.now += 60 * second;
  cr_assert(not(h.says(1)));
  cr_assert(not(h.says(2)));
  cr_assert(h.says(0));
}

Test(core_overruling, reads_and_keepalives_overrule_nothing) {
  hearing h;
  cr_assert(not(h.goes_on(60 * second, 3, false)));
}

Test(core_overruling, what_was_sent_before_the_term_was_heard_of_contradicts_nothing) {
  hearing h;
  const nanos before = h.now - 2 * millisecond;
  for (int i = 0; i < 100; ++i) {
    h.now += second;
    cr_assert(not(h.o.heard(h.now, h.t, {before, 0, true, true, false})));
  }
}

Test(core_overruling, one_word_for_the_greatest_term_begins_it_all_anew) {
  hearing h;
  cr_assert(not(h.goes_on(10 * second)));
  h.says(1, false, false);
  cr_assert(not(h.goes_on(10 * second)));
  cr_assert(h.goes_on(4 * second));
}

Test(core_overruling, one_member_alone_decides_only_if_no_other_answers_for_twice_as_long) {
  hearing h;
  cr_assert(not(h.goes_on(20 * second, 1)));
  cr_assert(h.goes_on(2 * second, 1));
}

Test(core_overruling, a_list_of_one_endpoint_has_no_other_to_wait_for) {
  hearing h(1);
  cr_assert(not(h.goes_on(10 * second, 1)));
  cr_assert(h.goes_on(4 * second, 1));
}

Test(core_overruling, all_are_asked_when_it_is_time_to_decide_and_not_without_a_pause) {
  hearing h;
  cr_assert(eq(i64, h.o.next_wake(), +never));
  h.says(0);
  const nanos due = h.now + 10 * second;
  cr_assert(eq(i64, h.o.next_wake(), +due));
  cr_assert(not(h.o.asks_all(due - 1, h.t)));
  cr_assert(h.o.asks_all(due, h.t));
  cr_assert(not(h.o.asks_all(due, h.t)));
  cr_assert(eq(i64, h.o.next_wake(), due + second));
  h.says(0, false);
  cr_assert(eq(i64, h.o.next_wake(), +never));
}
