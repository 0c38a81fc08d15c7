// The checker is only worth something if it rejects what is bad: hand-made histories of both kinds.
#include "test/unit/chaos_history.hpp"

using namespace tenure::chaos;

Test(chaos_checker, accepts_one_leader_all_the_time) {
  verdict v = made().acquired("a", 500, 10).judged();
  accepted(v);
  cr_assert(eq(sz, v.terms.size(), 1));
  cr_assert(eq(sz, v.handovers, 0));
  cr_assert(eq(i64, v.worst_gap, 500 * millisecond));
  cr_assert(eq(i64, v.led, 59500 * millisecond));
}

Test(chaos_checker, accepts_a_loss_in_a_black_hole_and_measures_its_margin) {
  verdict v = made()
                  .acquired("a", 500, 10)
                  .fault("hole", "a", 10000, 20000)
                  .lost("a", 12500, 10)
                  .acquired("b", 13400, 11)
                  .judged();
  accepted(v);
  cr_assert(eq(sz, v.handovers, 1));
  cr_assert(eq(i64, *v.margin_of_loss, 900 * millisecond));
  cr_assert(not(v.margin_of_handover.has_value()));
}

Test(chaos_checker, misses_the_deadline_in_a_minute_without_a_takeover_after_a_loss) {
  const auto missing = [](made run, int over_ms) {
    history parsed;
    const verdict v = run.judged(over_ms, &parsed);
    accepted(v);
    return shows_too_little(parsed, v);
  };
  cr_assert(not(missing(made().acquired("a", 500, 10), 60000).empty()));
  cr_assert(not(missing(made()
                            .acquired("a", 500, 10)
                            .fault("hand_over", "a", 10000, 10000)
                            .resigned("a", 10002, 10)
                            .acquired("b", 10006, 11),
                        60000)
                    .empty()),
            "a resignation tries no deadline");
  cr_assert(not(missing(made()
                            .acquired("a", 500, 10)
                            .fault("hole", "a", 10000, 12600)
                            .lost("a", 12500, 10)
                            .acquired("b", 12700, 11),
                        60000)
                    .empty()),
            "it could give its key back itself");
  for (const char* kind : {"hole", "hole_out", "cut"}) {
    cr_assert(missing(made()
                          .acquired("a", 500, 10)
                          .fault(kind, "a", 10000, 20000)
                          .lost("a", 12500, 10)
                          .acquired("b", 13400, 11),
                      60000)
                  .empty(),
              "%s", kind);
  }
  cr_assert(missing(made().acquired("a", 500, 10), 20000).empty(), "too short to ask for it");
}

Test(chaos_checker, accepts_a_handover) {
  verdict v = made()
                  .acquired("a", 500, 10)
                  .fault("hand_over", "a", 10000, 10000)
                  .resigned("a", 10002, 10)
                  .acquired("b", 10006, 11)
                  .judged();
  accepted(v);
  cr_assert(eq(i64, *v.margin_of_handover, 4 * millisecond));
}

Test(chaos_checker, rejects_two_leaders) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("hole", "a", 10000, 20000)
               .acquired("b", 13400, 11)
               .lost("a", 13401, 10)
               .judged(),
           "two leaders for 0.001 s");
}

Test(chaos_checker, rejects_two_leaders_whatever_lies_between) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("delete_key", "b", 10000, 10020)
               .fault("hand_over", "b", 11000, 11000)
               .acquired("b", 11000, 11)
               .resigned("b", 11000, 11)
               .fault("hole", "a", 9000, 20000)
               .acquired("c", 12000, 12)
               .judged(),
           "two leaders");
}

Test(chaos_checker, rejects_a_leader_that_dies_too_late) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("kill", "a", 10000, 12000)
               .acquired("b", 9990, 11)
               .line("a", "killed", 10001)
               .judged(),
           "two leaders");
}

Test(chaos_checker, accepts_a_killed_leader_without_a_last_word) {
  verdict v = made()
                  .acquired("a", 500, 10)
                  .fault("kill", "a", 10000, 15000)
                  .line("a", "killed", 10001)
                  .acquired("b", 13300, 11)
                  .line("a", "started", 15000)
                  .judged();
  accepted(v);
  cr_assert(not(v.margin_of_loss.has_value()));
}

Test(chaos_checker, accepts_a_frozen_leader_that_says_so_when_it_wakes) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("freeze", "a", 10000, 16000)
               .acquired("b", 13200, 11)
               .lost("a", 16004, 10)
               .judged());
}

Test(chaos_checker, rejects_a_leader_that_wakes_and_goes_on) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("freeze", "a", 10000, 16000)
               .acquired("b", 13200, 11)
               .lost("a", 17000, 10)
               .judged(),
           "two leaders for 1.000 s");
}

Test(chaos_checker, rejects_a_leader_that_wakes_and_never_says_anything) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("freeze", "a", 10000, 16000)
               .acquired("b", 13200, 11)
               .judged(),
           "two leaders for 44.000 s");
}

Test(chaos_checker, accepts_a_freeze_shorter_than_the_ttl_without_a_change) {
  verdict v = made().acquired("a", 500, 10).fault("freeze", "a", 10000, 12000).judged();
  accepted(v);
  cr_assert(eq(i64, v.worst_gap, 500 * millisecond));
}

Test(chaos_checker, rejects_an_acquired_before_the_cancelled_after_a_freeze) {
  verdict v = made()
                  .acquired("a", 500, 10)
                  .fault("freeze", "a", 10000, 13000)
                  .acquired("a", 13010, 12)
                  .judged();
  rejected(v, "acquired while its term 10 was not over");
}

Test(chaos_checker, excuses_two_for_a_push_after_a_deletion_by_hand) {
  verdict v = made()
                  .acquired("a", 500, 10)
                  .fault("delete_key", "a", 10000, 10030)
                  .acquired("b", 10020, 11)
                  .lost("a", 10024, 10, "key_deleted")
                  .judged();
  accepted(v);
  cr_assert(eq(sz, v.overlaps_by_hand, 1));
}

Test(chaos_checker, rejects_two_for_longer_than_a_push_after_a_deletion_by_hand) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("revoke_lease", "a", 10000, 10030)
               .acquired("b", 10020, 11)
               .lost("a", 10600, 10, "lease_expired")
               .judged(),
           "two leaders for 0.580 s");
}

Test(chaos_checker, does_not_excuse_a_deletion_of_somebody_elses_key) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("delete_key", "b", 10000, 10030)
               .fault("hole_in", "a", 9000, 12000)
               .acquired("b", 10020, 11)
               .lost("a", 10024, 10, "key_deleted")
               .judged(),
           "two leaders for 0.004 s");
}

Test(chaos_checker, excuses_a_member_that_wakes_and_revokes_by_itself) {
  for (const char* version : {"3.3.27", "3.4.23", "3.4.30", "3.5.0", "3.5.12"}) {
    verdict v = made(3, version)
                    .acquired("a", 500, 10)
                    .fault("member_freeze", "m0", 10000, 16000)
                    .elected("m1", 11500, 3)
                    .acquired("b", 16010, 11)
                    .lost("a", 16012, 10, "key_deleted")
                    .judged();
    accepted(v);
    cr_assert(eq(sz, v.overlaps_by_etcd, 1));
  }
}

Test(chaos_checker, rejects_that_of_an_etcd_that_does_not) {
  for (const char* version : {"3.4.31", "3.4.42", "3.5.13", "3.5.30", "3.6.0", "4.0.0", ""}) {
    verdict v = made(3, version)
                    .acquired("a", 500, 10)
                    .fault("member_freeze", "m0", 10000, 16000)
                    .elected("m1", 11500, 3)
                    .acquired("b", 16010, 11)
                    .lost("a", 16012, 10, "key_deleted")
                    .judged();
    cr_assert(eq(sz, v.overlaps_by_etcd, 0), "%s", version);
    cr_assert(ge(sz, v.violations.size(), 1));
    cr_assert(v.violations[0].find("two leaders for 0.002 s") != std::string::npos, "%s", version);
  }
}

Test(chaos_checker, rejects_a_woken_member_as_an_excuse_for_a_deadline_that_came_too_late) {
  rejected(made(3, "3.4.23")
               .acquired("a", 500, 10)
               .fault("member_freeze", "m0", 10000, 16000)
               .acquired("b", 16010, 11)
               .lost("a", 16012, 10, "deadline_passed")
               .judged(),
           "two leaders");
}

Test(chaos_checker, rejects_a_fencing_token_that_does_not_grow) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("hand_over", "a", 10000, 10000)
               .resigned("a", 10002, 10)
               .acquired("b", 10006, 10)
               .judged(),
           "fencing token 10, not above 10");
}

Test(chaos_checker, rejects_lost_before_cancelled) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("hole", "a", 10000, 20000)
               .line("a", "lost", 12500, 10, "deadline_passed")
               .acquired("b", 13400, 11)
               .judged(),
           "before its token was cancelled");
}

Test(chaos_checker, rejects_cancelled_without_a_term) {
  rejected(
      made().acquired("a", 500, 10).line("b", "cancelled", 9000, 9, "deadline_passed").judged(),
      "b cancelled the term 9");
}

Test(chaos_checker, rejects_no_leader_at_the_beginning_or_the_end) {
  rejected(made().acquired("a", 6000, 10).judged(), "nobody led for 6.000 s");
  rejected(made()
               .acquired("a", 500, 10)
               .fault("kill", "a", 10000, 10010)
               .line("a", "killed", 10001)
               .judged(),
           "nobody led for 49.999 s");
  rejected(made().judged(), "nobody led for 60.000 s");
}

Test(chaos_checker, rejects_a_candidate_that_ends_by_itself) {
  rejected(made().acquired("a", 500, 10).line("c", "ended", 10000, 0, "exit code 1").judged(),
           "c ended by itself");
}

Test(chaos_checker, lets_everybody_resign_when_the_run_is_over) {
  accepted(made()
               .acquired("a", 500, 10)
               .resigned("a", 60010, 10)
               .line("a", "ended", 60021, 0, "exit code 0")
               .acquired("b", 60015, 11)
               .resigned("b", 60020, 11)
               .line("b", "ended", 60031, 0, "exit code 0")
               .judged());
}

Test(chaos_checker, refuses_what_is_no_history) {
  history parsed;
  std::string problem;
  cr_assert(not(parse({"{}"}, parsed, problem)));
  cr_assert(not(parse({"oops"}, parsed, problem)));
  cr_assert(not(parse({R"({"event":"fault","t_ns":1,"kind":"thunder"})"}, parsed, problem)));
  cr_assert(not(problem.empty()));
}
