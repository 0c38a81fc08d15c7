// Which endpoint is asked next, and how long to wait after failures.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <set>

#include "core/backoff.hpp"
#include "core/endpoints.hpp"
#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::scripted_choices;

namespace {

constexpr endpoint_set none = 0;

scripted_choices always(std::uint64_t value) {
  scripted_choices c;
  c.jitter = value;
  return c;
}

}  // namespace

Test(core_endpoints, the_first_one_is_chosen_by_chance) {
  for (std::uint32_t first = 0; first < 5; ++first) {
    scripted_choices c = always(first);
    const endpoints e(5, c);
    cr_assert(eq(u32, *e.pick(0, none), +first));
  }
}

Test(core_endpoints, goes_round_from_the_preferred_one_and_ends_when_all_were_tried) {
  scripted_choices c = always(1);
  const endpoints e(3, c);
  endpoint_set tried = none;
  for (const std::uint32_t expected : {1U, 2U, 0U}) {
    const auto got = e.pick(0, tried);
    cr_assert(eq(u32, +*got, +expected));
    tried |= endpoint_set{1} << *got;
  }
  cr_assert(not(e.pick(0, tried).has_value()));
}

Test(core_endpoints, all_64_can_be_told_apart) {
  scripted_choices c;
  const endpoints e(max_endpoints, c);
  endpoint_set tried = none;
  std::set<std::uint32_t> seen;
  while (const auto at = e.pick(0, tried)) {
    seen.insert(*at);
    tried |= endpoint_set{1} << *at;
  }
  cr_assert(eq(sz, seen.size(), 64));
}

Test(core_endpoints, one_that_failed_rests_and_comes_last) {
  scripted_choices c;
  endpoints e(3, c);
  e.failed(0, 1000, 100);
  cr_assert(e.resting(0, 1099));
  cr_assert(not(e.resting(0, 1100)));
  cr_assert(eq(u32, *e.pick(1050, none), 1));
  cr_assert(eq(u32, *e.pick(1050, 0b110), 0));
  cr_assert(eq(u32, *e.pick(1100, none), 0));
}

Test(core_endpoints, when_all_rest_the_one_that_comes_back_first_is_asked) {
  scripted_choices c;
  endpoints e(3, c);
  e.failed(0, 1000, 300);
  e.failed(1, 1000, 100);
  e.failed(2, 1000, 200);
  cr_assert(eq(u32, *e.pick(1001, none), 1));
}

Test(core_endpoints, the_rest_doubles_up_to_sixteen_times_and_a_success_ends_it) {
  scripted_choices c;
  endpoints e(2, c);
  for (const nanos times : {1, 2, 4, 8, 16, 16, 16}) {
    e.failed(0, 0, 100);
    cr_assert(e.resting(0, times * 100 - 1));
    cr_assert(not(e.resting(0, times * 100)));
  }
  e.succeeded(0);
  cr_assert(not(e.resting(0, 0)));
  e.failed(0, 0, 100);
  cr_assert(not(e.resting(0, 100)));
}

Test(core_endpoints, the_one_that_answered_is_preferred_and_changes_are_counted) {
  scripted_choices c;
  endpoints e(3, c);
  e.succeeded(0);
  cr_assert(eq(u64, e.changes(), 0));
  e.succeeded(2);
  e.succeeded(2);
  cr_assert(eq(u64, e.changes(), 1));
  cr_assert(eq(u32, *e.pick(0, none), 2));
}

// Names with several addresses.

Test(core_endpoints, only_those_that_there_are_are_asked) {
  scripted_choices c;
  endpoints e(2, c);
  e.succeeded(0);
  e.changed({0b11010, 0b11010}, c);
  endpoint_set tried = none;
  for (const std::uint32_t expected : {1U, 3U, 4U}) {
    const auto got = e.pick(0, tried);
    cr_assert(eq(u32, +*got, +expected));
    tried |= endpoint_set{1} << *got;
  }
  cr_assert(not(e.pick(0, tried).has_value()));
  cr_assert(eq(u64, e.live(), 0b11010));
}

Test(core_endpoints, what_was_known_of_another_address_counts_no_more) {
  scripted_choices c;
  endpoints e(2, c);
  e.failed(0, 0, 1000);
  e.failed(1, 0, 1000);
  e.changed({0b111, 0b101}, c);
  cr_assert(not(e.resting(0, 0)));
  cr_assert(e.resting(1, 0));
  cr_assert(not(e.resting(2, 0)));
}

Test(core_endpoints, the_first_one_is_chosen_among_all_addresses_unless_one_has_answered) {
  for (const bool answered : {false, true}) {
    scripted_choices c = always(0);
    endpoints e(1, c);
    if (answered) e.succeeded(0);
    scripted_choices third = always(2);
    e.changed({0b1111, 0b1111}, third);
    cr_assert(eq(u32, *e.pick(0, none), answered ? 0U : 2U));
  }
}

Test(core_backoff, lies_between_half_and_one_and_a_half_of_the_delay) {
  for (const std::uint64_t jitter : {std::uint64_t{0}, std::uint64_t{500}, std::uint64_t{999}}) {
    scripted_choices c = always(jitter);
    backoff b;
    cr_assert(eq(i64, b.failed(10'000, 1000, c), static_cast<std::int64_t>(10'000 + 500 + jitter)));
    cr_assert(eq(i64, b.until(), static_cast<std::int64_t>(10'500 + jitter)));
  }
}

Test(core_backoff, doubles_up_to_eight_times_and_starts_anew_after_a_success) {
  scripted_choices c;
  backoff b;
  for (const nanos times : {1, 2, 4, 8, 8, 8})
    cr_assert(eq(i64, b.failed(0, 1000, c), times * 500));
  b.succeeded();
  cr_assert(eq(i64, b.until(), 0));
  cr_assert(eq(i64, b.failed(0, 1000, c), 500));
}

Test(core_backoff, the_longest_delay_does_not_overflow) {
  scripted_choices c;
  backoff b;
  for (int i = 0; i < 100; ++i) cr_assert(gt(i64, b.failed(0, 60 * second, c), 0));
}

Test(core_backoff, what_failed_long_ago_makes_no_pause_longer) {
  scripted_choices c;
  backoff b;
  for (int i = 0; i < 5; ++i) b.failed(0, 1000, c);
  cr_assert(eq(i64, b.failed(b.until() + 8000, 1000, c), 4000 + 8000 + 4000));
  const nanos later = b.until() + 8001;
  cr_assert(eq(i64, b.failed(later, 1000, c), later + 500));
}
