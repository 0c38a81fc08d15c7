// Which losses and gaps a fault explains, and which not.
#include "test/unit/chaos_history.hpp"

using namespace tenure::chaos;

Test(chaos_losses, rejects_a_loss_without_a_fault) {
  rejected(made().acquired("a", 500, 10).lost("a", 10000, 10).acquired("b", 10400, 11).judged(),
           "without a fault that may cost it");
}

Test(chaos_losses, rejects_a_loss_by_one_silent_endpoint_or_a_move_of_etcds_leader) {
  for (const char* kind :
       {"hole_one", "reset", "move_leader", "member_cut", "member_rolled", "rolling_restart"}) {
    rejected(made()
                 .acquired("a", 500, 10)
                 .fault(kind, "a", 9000, 15000)
                 .lost("a", 10000, 10)
                 .acquired("b", 10400, 11)
                 .judged(),
             "without a fault that may cost it");
  }
}

Test(chaos_losses, rejects_a_loss_by_a_follower_while_there_is_a_quorum) {
  for (const char* kind :
       {"member_freeze", "member_kill", "member_restart", "member_slow", "member_isolated"}) {
    rejected(made()
                 .acquired("a", 500, 10)
                 .fault(kind, "m1", 9000, 16000)
                 .lost("a", 11500, 10)
                 .acquired("b", 12000, 11)
                 .judged(),
             "without a fault that may cost it");
  }
}

Test(chaos_losses, accepts_a_loss_within_a_ttl_of_a_fault_of_etcds_leader_and_no_later) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("member_freeze", "m0", 9000, 30000)
               .elected("m1", 11000, 3)
               .lost("a", 11600, 10)
               .acquired("b", 14500, 11)
               .judged());
  rejected(made()
               .acquired("a", 500, 10)
               .fault("member_freeze", "m0", 9000, 30000)
               .elected("m1", 11000, 3)
               .lost("a", 20000, 10)
               .acquired("b", 20400, 11)
               .judged(),
           "without a fault that may cost it");
}

Test(chaos_losses, accepts_a_loss_by_a_slow_leader_of_etcd_for_as_long_as_it_is_slow) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("member_slow", "m0", 9000, 20000)
               .lost("a", 19000, 10)
               .acquired("b", 20400, 11)
               .judged());
}

Test(chaos_losses, accepts_a_loss_by_an_election_that_a_returning_member_forced) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("member_isolated", "m1", 9000, 16000)
               .elected("m0", 18000, 5)
               .lost("a", 19000, 10)
               .acquired("b", 21500, 11)
               .judged());
  rejected(made()
               .acquired("a", 500, 10)
               .elected("m0", 18000, 5)
               .lost("a", 19000, 10)
               .acquired("b", 19400, 11)
               .judged(),
           "without a fault that may cost it");
}

Test(chaos_losses, accepts_a_loss_without_a_quorum) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("member_freeze", "m1", 9000, 15000)
               .fault("member_freeze", "m2", 9000, 15000)
               .lost("a", 11500, 10)
               .acquired("b", 18500, 11)
               .judged());
  rejected(made()
               .acquired("a", 500, 10)
               .fault("member_freeze", "m1", 9000, 15000)
               .fault("member_freeze", "m2", 15000, 19000)
               .lost("a", 16500, 10)
               .acquired("b", 18500, 11)
               .judged(),
           "without a fault that may cost it");
}

Test(chaos_losses, accepts_a_loss_by_a_cut_of_the_only_member) {
  accepted(made(1)
               .acquired("a", 500, 10)
               .fault("member_cut", "m0", 9000, 19000)
               .lost("a", 11500, 10)
               .acquired("b", 23000, 11)
               .judged());
}

Test(chaos_losses, rejects_a_loss_by_somebody_elses_fault) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("freeze", "b", 9000, 15000)
               .lost("a", 10000, 10)
               .acquired("c", 10400, 11)
               .judged(),
           "without a fault that may cost it");
}

Test(chaos_losses, rejects_a_gap_without_a_fault) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("hand_over", "a", 10000, 10000)
               .resigned("a", 10002, 10)
               .acquired("b", 11600, 11)
               .judged(),
           "nobody led for 1.598 s");
}

Test(chaos_losses, rejects_a_gap_longer_than_its_fault_explains) {
  rejected(made()
               .acquired("a", 500, 10)
               .fault("kill", "a", 10000, 30000)
               .line("a", "killed", 10001)
               .acquired("b", 15100, 11)
               .judged(),
           "nobody led for 5.099 s");
}

Test(chaos_losses, allows_a_longer_gap_when_etcds_leader_crashed) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("kill", "a", 10000, 30000)
               .line("a", "killed", 10001)
               .fault("member_kill", "m1", 12500, 20000)
               .acquired("b", 22000, 11)
               .judged());
  rejected(made()
               .acquired("a", 500, 10)
               .fault("kill", "a", 10000, 30000)
               .line("a", "killed", 10001)
               .fault("member_kill", "m1", 12500, 20000)
               .acquired("b", 23200, 11)
               .judged(),
           "nobody led");
}

Test(chaos_losses, accepts_a_gap_for_as_long_as_there_is_no_quorum) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("member_freeze", "m0", 10000, 40000)
               .fault("member_freeze", "m1", 11000, 30000)
               .lost("a", 13000, 10)
               .acquired("b", 34000, 11)
               .judged());
}

Test(chaos_losses, accepts_a_gap_for_as_long_as_no_candidate_can_reach_etcd) {
  accepted(made()
               .acquired("a", 500, 10)
               .fault("hole", "a", 10000, 40000)
               .fault("cut", "b", 10000, 30000)
               .fault("freeze", "c", 10000, 40000)
               .lost("a", 12500, 10)
               .acquired("b", 33000, 11)
               .judged());
}
