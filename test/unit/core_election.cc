// The parts of one election, and how all of them are counted.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/election.hpp"

using namespace tenure::core;

Test(core_election, elections_are_counted_by_their_standing) {
  elections all;
  all.of(3);
  cr_assert(eq(u32, all.size(), 4));
  cr_assert(eq(sz, all.count(standing::idle), 4));
  all.enter(all[2], standing::wanting);
  all.enter(all[2], standing::leading);
  cr_assert(eq(sz, all.count(standing::idle), 3));
  cr_assert(eq(sz, all.count(standing::wanting), 0));
  cr_assert(eq(sz, all.count(standing::leading), 1));
  all.of(1);
  cr_assert(eq(u32, all.size(), 4));
}

Test(core_election, a_key_is_wanted_by_who_stands_and_waits_for_no_end) {
  wish w;
  cr_assert(not(w.stands()));
  cr_assert(not(w.key()));
  w.candidate = candidacy::once;
  cr_assert(w.stands());
  cr_assert(w.key());
  w.waits_for = parting::resigned;
  cr_assert(w.stands());
  cr_assert(not(w.key()));
}

Test(core_election, a_stand_in_doubt_is_looked_for_ever_more_rarely_and_then_no_more) {
  doubt d;
  cr_assert(not(d.any()));
  cr_assert(not(d.due(100 * second)));
  d.begin(3 * second);
  d.begin(2 * second);
  cr_assert(eq(i64, d.until(), 3 * second), "the later one");
  cr_assert(not(d.due(3 * second - 1)));
  cr_assert(d.due(3 * second));
  d.nothing_found(10 * second, second);
  cr_assert(eq(i64, d.until(), 12 * second));
  d.nothing_found(20 * second, second);
  cr_assert(eq(i64, d.until(), 24 * second));
  int looks = 2;
  for (; d.any(); ++looks) d.nothing_found(0, second);
  cr_assert(eq(int, looks, 12), "after an hour between two looks it is given up");
  d.begin(second);
  d.end();
  cr_assert(not(d.any()));
}

Test(core_election, a_refused_stand_is_only_suspected_and_one_without_an_answer_is_more_than_that) {
  doubt d;
  d.begin(0);
  cr_assert(not(d.any()), "it was answered");
  d.suspect(second);
  cr_assert(d.due(second));
  cr_assert(d.unlikely());
  d.begin(3 * second);
  cr_assert(not(d.unlikely()));
  d.suspect(9 * second);
  cr_assert(eq(i64, d.until(), 3 * second));
  cr_assert(not(d.unlikely()));
}

Test(core_election, a_leader_is_another_if_its_key_is) {
  leader_view l;
  cr_assert(l.take({0, 0}), "nobody leads: that was not known before");
  cr_assert(not(l.take({0, 0})));
  cr_assert(l.take({5, 1}));
  cr_assert(not(l.take({5, 1})));
  cr_assert(l.take({6, 1}));
}

Test(core_election, a_change_concerns_the_leader_by_its_lease_or_if_there_is_none) {
  const change put{0, false, 2, 70, 70};
  const change end_of_leader{0, true, 1, 0, 70};
  const change end_of_other{0, true, 2, 0, 70};
  const change end_of_foreign{0, true, 0, 0, 70};
  leader_view l;
  (void)l.take({5, 1});
  cr_assert(not(l.concerned(end_of_leader)), "nobody wants to know");
  l.observed = true;
  cr_assert(l.concerned(end_of_leader));
  cr_assert(l.concerned(end_of_foreign), "it may be the leader's");
  cr_assert(not(l.concerned(end_of_other)));
  cr_assert(not(l.concerned(put)), "one more in the queue");
  (void)l.take({0, 0});
  cr_assert(l.concerned(put), "nobody led");
}
