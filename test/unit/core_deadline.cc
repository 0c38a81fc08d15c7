// Until when a lease may be believed in. The evidence has two halves, and a raft term joins them.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/deadline.hpp"

using tenure::core::deadline;

namespace {

constexpr std::int64_t ttl = 1000;

deadline granted_at(std::int64_t sent, std::uint64_t term = 5) {
  deadline d;
  d.granted(sent, term, ttl);
  return d;
}

}  // namespace

Test(core_deadline, knows_nothing_at_first_and_no_answer_changes_that) {
  deadline d;
  d.kept(100, 5, ttl);
  d.confirmed(100, 5);
  cr_assert(eq(i64, d.good_until(), 0));
}

Test(core_deadline, a_grant_is_both_halves) {
  const deadline d = granted_at(100);
  cr_assert(eq(i64, d.good_until(), 1100));
  cr_assert(not(d.lacks_keepalive()));
  cr_assert(not(d.lacks_confirmation()));
}

Test(core_deadline, counts_from_the_sending_of_the_older_of_two) {
  const struct {
    std::int64_t kept, confirmed, good_until;
  } table[] = {{300, 200, 1200}, {200, 300, 1200}, {300, 300, 1300},
               {90, 300, 1100},  {300, 90, 1100},  {50, 50, 1100}};
  for (const auto& row : table) {
    for (const bool kept_first : {true, false}) {
      deadline d = granted_at(100);
      if (kept_first) d.kept(row.kept, 5, ttl);
      d.confirmed(row.confirmed, 5);
      if (!kept_first) d.kept(row.kept, 5, ttl);
      cr_assert(eq(i64, d.good_until(), +row.good_until));
    }
  }
}

Test(core_deadline, one_half_alone_moves_nothing) {
  deadline kept = granted_at(100);
  kept.kept(900, 5, ttl);
  cr_assert(eq(i64, kept.good_until(), 1100));
  deadline confirmed = granted_at(100);
  confirmed.confirmed(900, 5);
  cr_assert(eq(i64, confirmed.good_until(), 1100));
}

Test(core_deadline, an_answer_that_was_overtaken_takes_nothing_back) {
  deadline d = granted_at(100);
  d.kept(500, 5, ttl);
  d.confirmed(500, 5);
  d.kept(300, 5, ttl);
  d.confirmed(200, 5);
  cr_assert(eq(i64, d.good_until(), 1500));
}

Test(core_deadline, a_lower_term_is_evidence_of_nothing) {
  deadline d = granted_at(100, 5);
  d.kept(500, 4, ttl);
  d.confirmed(500, 4);
  cr_assert(eq(i64, d.good_until(), 1100));
  d.kept(500, 4, 1);
  d.kept(600, 5, ttl);
  d.confirmed(600, 5);
  cr_assert(eq(i64, d.good_until(), 1600), "not even its TTL counts");
}

Test(core_deadline, a_newer_term_adds_nothing_until_both_agree_on_it) {
  deadline d = granted_at(100, 5);
  d.kept(500, 5, ttl);
  d.confirmed(600, 6);
  cr_assert(eq(i64, d.good_until(), 1100));
  cr_assert(d.lacks_keepalive());
  cr_assert(not(d.lacks_confirmation()));
  d.kept(700, 5, ttl);  // the deposed member goes on acknowledging
  cr_assert(eq(i64, d.good_until(), 1100));
  d.kept(800, 6, ttl);
  cr_assert(eq(i64, d.good_until(), 1600));
  cr_assert(not(d.lacks_keepalive()));
}

Test(core_deadline, a_newer_term_of_a_keepalive_waits_for_its_confirmation) {
  deadline d = granted_at(100, 5);
  d.kept(500, 9, ttl);
  cr_assert(d.lacks_confirmation());
  d.confirmed(550, 8);
  cr_assert(eq(i64, d.good_until(), 1100));
  d.confirmed(600, 9);
  cr_assert(eq(i64, d.good_until(), 1500));
}

Test(core_deadline, an_adopted_lease_needs_both) {
  deadline d;
  d.adopted(ttl);
  cr_assert(eq(i64, d.good_until(), 0));
  d.kept(500, 5, ttl);
  cr_assert(eq(i64, d.good_until(), 0));
  d.confirmed(400, 5);
  cr_assert(eq(i64, d.good_until(), 1400));
}

Test(core_deadline, a_shorter_ttl_in_an_acknowledgement_counts_for_all_later_ones) {
  deadline d = granted_at(100);
  d.kept(500, 5, 300);
  d.confirmed(500, 5);
  cr_assert(eq(i64, d.good_until(), 1100), "what was promised stays");
  d.kept(1000, 5, ttl);
  d.confirmed(1000, 5);
  cr_assert(eq(i64, d.good_until(), 1300), "a longer one is not believed");
}

Test(core_deadline, forgets_everything_also_the_term) {
  deadline d = granted_at(100, 9);
  d.forget();
  cr_assert(eq(i64, d.good_until(), 0));
  cr_assert(not(d.lacks_keepalive()));
  d.kept(500, 9, ttl);
  d.confirmed(500, 9);
  cr_assert(eq(i64, d.good_until(), 0));
  d.granted(600, 2, ttl);  // another cluster's terms may be lower
  cr_assert(eq(i64, d.good_until(), 1600));
}
