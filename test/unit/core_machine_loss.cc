// The ways in which a leadership ends against its will, and the moments at which it is noticed.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

// Leads election 0, has said so in its key, and is quiet.
struct leading_host : core_host {
  explicit leading_host(const settings& s = {}, bool campaign_again = true) : core_host(s) {
    stand(0, campaign_again);
    run(30 * millisecond);
    forget();
  }
};

bool lost_for(const core_host& h, cause why) {
  return h.count<cancelled>() == 1 && h.count<lost>() == 1 && h.last<lost>().why == why;
}

}  // namespace

Test(core_machine_loss, the_key_deleted_by_hand_cancels_within_the_push) {
  leading_host h;
  h.etcd.remove(0, h.lease());
  h.deliver();
  cr_assert(eq(sz, h.count<cancelled>(), 1));
  cr_assert(h.last<cancelled>().why == cause::key_deleted);
  cr_assert(h.standing() == standing::stopping);
}

Test(core_machine_loss, lost_says_key_deleted_when_a_keepalive_shows_that_the_lease_lives) {
  leading_host h;
  h.etcd.remove(0, h.lease());
  h.deliver();
  cr_assert(eq(sz, h.count<lost>(), 0));  // why is still being found out
  cr_assert(h.find(op::keepalive) != nullptr, "asked at once");
  h.serve(op::keepalive);
  cr_assert(lost_for(h, cause::key_deleted));
}

Test(core_machine_loss, lost_says_lease_gone_when_the_keepalive_finds_no_lease_however_young) {
  leading_host h;
  h.etcd.revoke(h.lease());
  h.deliver();
  h.serve(op::keepalive);
  cr_assert(h.count<cancelled>() == 1);
  cr_assert(h.count<lost>() == 1);
  cr_assert(h.last<lost>().why == cause::lease_gone);
  cr_assert(eq(sz, h.count<lease_lost>(), 1));
}

Test(core_machine_loss, a_keepalive_from_before_the_delete_proves_nothing_about_its_reason) {
  leading_host h;
  h.wait(2 * second - 30 * millisecond);
  const answer before = h.execute(op::keepalive);
  h.wait(millisecond);
  h.etcd.revoke(h.lease());
  h.deliver();
  h.arrive(before);
  cr_assert(eq(sz, h.count<lost>(), 0));
  h.serve_all();
  cr_assert(lost_for(h, cause::lease_gone));
}

Test(core_machine_loss, the_reason_is_told_without_an_answer_after_half_a_second) {
  leading_host h;
  h.etcd.remove(0, h.lease());
  h.deliver();
  h.wait(499 * millisecond);
  cr_assert(eq(sz, h.count<lost>(), 0));
  h.wait(millisecond);
  cr_assert(lost_for(h, cause::key_deleted));
}

Test(core_machine_loss, the_reason_is_told_before_work_stopped_lets_the_key_go) {
  leading_host h;
  h.etcd.remove(0, h.lease());
  h.deliver();
  h.stop_work(0);
  cr_assert(lost_for(h, cause::key_deleted));
  cr_assert(h.standing() == standing::creating, "and it stands again");
}

Test(core_machine_loss, an_acknowledgement_never_outweighs_its_own_key_being_deleted) {
  leading_host h;
  h.wait(2 * second - 30 * millisecond);
  const answer ack = h.execute(op::keepalive);
  h.etcd.remove(0, h.lease());
  h.deliver();
  h.arrive(ack);
  cr_assert(not(h.leads()));
  cr_assert(eq(sz, h.count<acquired>(), 0));
}

Test(core_machine_loss, the_deadline_cancels_when_nothing_is_answered_any_more) {
  leading_host h;
  const nanos cutoff = h.m.cutoff();
  cr_assert(eq(i64, +cutoff, 1000 * second + 10 * second - 250 * millisecond - second));
  h.wait(cutoff - h.now - 1);
  cr_assert(h.leads());
  h.wait(1);
  cr_assert(lost_for(h, cause::deadline_passed));
}

Test(core_machine_loss, a_late_acknowledgement_does_not_revive_what_has_passed) {
  for (const bool woken : {true, false}) {
    leading_host h;
    h.wait(2 * second);
    const answer kept = h.execute(op::keepalive);
    const answer confirmed = h.execute(op::reassure);
    h.freeze(h.m.cutoff() - h.now);
    if (woken) h.feed(woke{});
    h.arrive(kept);
    h.arrive(confirmed);
    cr_assert(lost_for(h, cause::deadline_passed));
    cr_assert(eq(sz, h.count<acquired>(), 0));
  }
}

Test(core_machine_loss, a_token_that_found_the_deadline_passed_ends_all_leaderships) {
  leading_host h;
  h.stand(1);
  h.forget();
  h.feed(expired{});
  cr_assert(eq(sz, h.count<lost>(), 2));
  cr_assert(h.last<lost>().why == cause::deadline_passed);
}

Test(core_machine_loss, answers_count_from_their_sending) {
  leading_host h;
  const nanos least = 10 * second - 250 * millisecond - second;
  h.wait(2 * second - 30 * millisecond);
  const nanos sent = h.now;
  cr_assert(h.find(op::keepalive) != nullptr);
  h.wait(600 * millisecond);
  h.serve(op::keepalive);
  cr_assert(eq(i64, h.m.cutoff(),
               1000 * second + 20 * millisecond + least));  // as old as the last reassurance
  h.serve(op::reassure);
  cr_assert(eq(i64, h.m.cutoff(), sent + least));
}

Test(core_machine_loss, keepalives_of_a_deposed_member_alone_do_not_keep_it) {
  leading_host h;
  const nanos cutoff = h.m.cutoff();
  for (int i = 0; i < 60 && h.leads(); ++i) {
    h.wait(200 * millisecond);
    while (h.find(op::keepalive) != nullptr) h.serve(op::keepalive);
  }
  cr_assert(lost_for(h, cause::deadline_passed));
  cr_assert(le(i64, h.now, cutoff + 200 * millisecond));
}

Test(core_machine_loss, a_confirmation_of_a_newer_term_needs_a_keepalive_of_that_term) {
  leading_host h;
  const nanos before = h.m.cutoff();
  h.wait(2 * second);
  const answer old = h.execute(op::keepalive);
  ++h.etcd.term;
  const answer fresh = h.execute(op::reassure);
  h.arrive(fresh);
  h.arrive(old);
  cr_assert(eq(i64, h.m.cutoff(), +before));
  h.run(100 * millisecond);  // they are asked again soon
  cr_assert(gt(i64, h.m.cutoff(), before + second));
}

Test(core_machine_loss, a_linearizable_read_proves_no_term) {
  leading_host h;
  h.feed(observe{1, true});
  const nanos cutoff = h.m.cutoff();
  for (int i = 0; i < 60 && h.leads(); ++i) {
    h.wait(200 * millisecond);
    while (h.find(op::keepalive) != nullptr) h.serve(op::keepalive);
    h.feed(observe{1, false});
    h.feed(observe{1, true});
    while (h.find(op::read_leader) != nullptr) h.serve(op::read_leader);
  }
  cr_assert(gt(sz, h.count(op::read_leader), 20));
  cr_assert(lost_for(h, cause::deadline_passed));
  cr_assert(le(i64, h.now, cutoff + 200 * millisecond));
}

Test(core_machine_loss, an_answer_without_a_term_proves_nothing) {
  leading_host h;
  const nanos cutoff = h.m.cutoff();
  h.etcd.term = 0;
  h.run(cutoff - h.now);
  cr_assert(lost_for(h, cause::deadline_passed));
  h.run(10 * second);
  cr_assert(eq(sz, h.count<acquired>(), 0));
}

Test(core_machine_loss, jeopardy_is_told_once_and_safe_when_a_renewal_comes_through) {
  leading_host h;
  h.wait(5 * second - 31 * millisecond);
  cr_assert(eq(sz, h.count<jeopardy>(), 0));
  h.wait(millisecond);
  cr_assert(eq(sz, h.count<jeopardy>(), 1));
  cr_assert(eq(i64, h.last<jeopardy>().left, h.m.cutoff() - h.now));
  h.wait(second);
  cr_assert(eq(sz, h.count<jeopardy>(), 1));
  cr_assert(eq(sz, h.count<safe>(), 0));
  h.run(500 * millisecond);
  cr_assert(eq(sz, h.count<safe>(), 1));
  cr_assert(h.leads());
}

Test(core_machine_loss, a_wake_up_that_comes_late_is_told_as_a_stall) {
  leading_host h;
  h.run(100 * millisecond);
  h.forget();
  const nanos wanted = h.m.next_wake();
  h.now = wanted + 99 * millisecond;
  h.feed(woke{});
  cr_assert(eq(sz, h.count<stalled>(), 0));
  h.now = h.m.next_wake() + 100 * millisecond;
  h.feed(woke{});
  cr_assert(eq(sz, h.count<stalled>(), 1));
  cr_assert(eq(i64, h.last<stalled>().late, 100 * millisecond));
  cr_assert(eq(u64, +h.m.counts().stalls, 1));
}

Test(core_machine_loss,
     a_machine_that_slept_learns_of_the_loss_and_of_the_stall_whatever_comes_first) {
  for (const bool woken : {true, false}) {
    leading_host h;
    h.wait(2 * second);
    const answer kept = h.execute(op::keepalive);
    h.forget();
    const nanos wanted = h.m.next_wake();
    h.now += 60 * second;  // CLOCK_BOOTTIME goes on while the machine sleeps
    const nanos late = h.now - wanted;
    if (woken) {
      h.feed(woke{});
    } else {
      h.arrive(kept);
    }
    cr_assert(lost_for(h, cause::deadline_passed));
    cr_assert(eq(sz, h.count<stalled>(), 1));
    cr_assert(eq(i64, h.last<stalled>().late, +late));
    cr_assert(eq(sz, h.count<acquired>(), 0));
  }
}

Test(core_machine_loss,
     the_lease_gone_is_told_to_the_session_and_to_each_leader_and_it_stands_again) {
  leading_host h;
  h.stand(1);
  h.etcd.put(2, 0x77);
  h.stand(2);  // waits
  h.forget();
  h.etcd.revoke(1000);
  h.lose_events();
  h.run(2 * second);
  cr_assert(eq(sz, h.count<lease_lost>(), 1));
  cr_assert(eq(sz, h.count<lost>(), 2));
  cr_assert(h.last<lost>().why == cause::lease_gone);
  cr_assert(eq(i64, h.lease(), 1001));
  h.run(2 * second);
  cr_assert(h.leads(0));
  cr_assert(h.leads(1));
  cr_assert(h.standing(2) == standing::queued);
}

Test(core_machine_loss, reassurance_finds_a_deleted_key_whose_event_was_lost) {
  leading_host h;
  h.etcd.remove(0, h.lease());
  h.lose_events();
  h.run(2 * second);
  cr_assert(lost_for(h, cause::key_deleted));
}

Test(core_machine_loss, reassurance_finds_a_key_that_was_replaced) {
  leading_host h;
  h.etcd.remove(0, h.lease());
  h.etcd.put(0, h.lease());
  h.lose_events();
  h.run(2 * second);
  cr_assert(lost_for(h, cause::reassurance_failed));
}

Test(core_machine_loss, a_key_found_in_place_of_its_own_does_not_stay_behind) {
  leading_host h(settings{}, false);
  h.etcd.remove(0, h.lease());
  h.etcd.put(
      0, h.lease());  // e.g. a stand of ours that was executed late: it lives as long as our lease
  h.lose_events();
  h.run(5 * second);
  cr_assert(h.standing() == standing::idle);
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_loss, reassurance_that_is_never_answered_ends_it_though_the_lease_is_renewed) {
  leading_host h;
  const nanos limit = h.m.times().reassure_interval + h.m.times().reassure_timeout;
  const nanos from = h.now;
  while (h.leads() && h.now < from + 20 * second) {
    h.wait(50 * millisecond);
    while (h.find(op::keepalive) != nullptr) h.serve(op::keepalive);
    while (h.find(op::confirm) != nullptr) h.serve(op::confirm);
  }
  cr_assert(lost_for(h, cause::reassurance_timed_out));
  cr_assert(le(i64, h.now - from, limit + 50 * millisecond));
  cr_assert(ge(i64, h.now - from, limit - 50 * millisecond));
}

Test(core_machine_loss, reassurance_survives_failures_that_are_repeated_in_time) {
  leading_host h;
  for (int i = 0; i < 8; ++i) {
    h.wait(300 * millisecond);
    while (h.find(op::reassure) != nullptr) h.fail(op::reassure, outcome::unavailable);
    while (h.find(op::keepalive) != nullptr) h.serve(op::keepalive);
    while (h.find(op::confirm) != nullptr) h.serve(op::confirm);
  }
  cr_assert(gt(sz, h.count<trouble>(), 0));
  h.run(3 * second);
  cr_assert(h.leads());
}

Test(core_machine_loss, a_store_without_space_is_told_once_and_a_good_leader_goes_on) {
  settings s;
  s.asked.last_seen_interval = 2 * second;
  leading_host h(s);
  h.etcd.full = true;
  h.run(60 * second);
  cr_assert(h.leads());
  cr_assert(h.last<trouble>().why == outcome::no_space);
  cr_assert(eq(sz, h.count<trouble>(), 1), "not at each try");
  cr_assert(ge(sz, h.count(op::announce), 3));
  cr_assert(le(sz, h.count(op::announce), 12), "the pause grows");
  cr_assert(gt(sz, h.count(op::reassure), 20));
  h.etcd.full = false;
  const std::int64_t before = h.etcd.revision;
  h.run(60 * second);
  cr_assert(gt(i64, h.etcd.revision, +before), "writes when it can");
}

Test(core_machine_loss, a_reassurance_in_a_full_store_still_finds_that_the_key_is_gone) {
  leading_host h;
  h.etcd.full = true;
  h.run(5 * second);
  h.etcd.remove(0, h.lease());
  h.lose_events();
  h.run(2 * second);
  cr_assert(lost_for(h, cause::key_deleted));
}

Test(core_machine_loss,
     after_a_loss_it_stands_again_only_when_the_work_has_stopped_or_the_grace_is_over) {
  for (const bool says_so : {true, false}) {
    leading_host h;
    h.etcd.remove(0, h.lease());
    h.serve_all();
    cr_assert(eq(sz, h.count<lost>(), 1));
    h.wait(900 * millisecond);
    cr_assert(h.standing() == standing::stopping);
    if (says_so) {
      h.stop_work(0);
    } else {
      h.wait(100 * millisecond);
    }
    h.serve_all();
    cr_assert(h.leads());
  }
}

Test(core_machine_loss, a_key_that_is_still_there_is_deleted_before_it_stands_again) {
  leading_host h;
  const std::int64_t first = h.etcd.find(0, h.lease())->created;
  h.feed(expired{});
  h.stop_work(0);
  cr_assert(h.find(op::withdraw) != nullptr);
  cr_assert(eq(i64, +h.find(op::withdraw)->items[0].create_revision, +first));
  cr_assert(h.find(op::stand) == nullptr);
  h.serve_all();
  cr_assert(h.leads());
  cr_assert(gt(i64, h.last<acquired>().fencing_token, +first));
}

Test(core_machine_loss, without_campaign_again_it_stays_out_until_it_stands) {
  leading_host h({}, false);
  h.feed(expired{});
  h.run(5 * second);
  cr_assert(h.standing() == standing::idle);
  cr_assert(h.etcd.keys.empty());
  h.stand();
  cr_assert(h.leads());
}

Test(core_machine_loss, work_stopped_at_any_other_time_does_nothing) {
  leading_host h;
  h.stop_work(0);
  cr_assert(h.leads());
  h.stop_work(7);
  cr_assert(h.told.empty());
}

Test(core_machine_loss, loses_and_regains_a_thousand_times_with_one_loss_for_each_term) {
  leading_host h;
  for (int i = 0; i < 1000; ++i) {
    h.etcd.remove(0, h.lease());
    h.serve_all();
    h.stop_work(0);
    h.serve_all();
    cr_assert(h.leads());
  }
  cr_assert(eq(sz, h.count<lost>(), 1000));
  cr_assert(eq(sz, h.count<acquired>(), 1000));
}

Test(core_machine_loss,
     an_error_that_says_no_such_lease_costs_nothing_as_long_as_keepalives_are_acknowledged) {
  leading_host h;
  h.feed(tenure::core::stand{1, true});
  h.fail(op::stand, outcome::lease_gone);  // without a header: it may be another cluster's
  cr_assert(h.leads());
  cr_assert(h.find(op::keepalive) != nullptr, "asked at once");
  h.run(second);
  cr_assert(h.leads());
  cr_assert(h.leads(1));
  cr_assert(eq(sz, h.count<lease_lost>(), 0));
}

Test(core_machine_loss, an_error_that_says_no_such_lease_is_believed_once_a_keepalive_says_so_too) {
  leading_host h;
  h.etcd.revoke(h.lease());
  h.feed(tenure::core::stand{1, true});
  h.serve(op::stand);
  h.serve(op::keepalive);
  cr_assert(lost_for(h, cause::lease_gone));
}

Test(core_machine_loss, who_let_the_deadline_pass_in_the_queue_looks_for_his_key_before_he_leads) {
  core_host h;
  h.etcd.put(0, 0x77);
  h.stand();
  h.run(30 * millisecond);
  h.freeze(h.m.cutoff() - h.now);
  h.etcd.remove(0, 0x77);
  h.deliver();
  cr_assert(not(h.leads()), "the deadline has passed");
  h.etcd.keys.clear();  // the lease ends, and a keepalive that overlaps its end is acknowledged all
                        // the same
  h.serve(op::keepalive);
  h.serve(op::confirm);
  cr_assert(not(h.leads()));
  h.serve(op::read_queue);
  cr_assert(not(h.leads()));
  h.serve(op::stand);
  cr_assert(h.leads());
}

Test(core_machine_loss, who_let_the_deadline_pass_behind_another_looks_before_he_leads_after_him) {
  core_host h;
  h.etcd.put(0, 0x77);
  h.stand();
  h.run(30 * millisecond);
  h.freeze(h.m.cutoff() - h.now);
  h.turn();
  h.etcd.keys.pop_back();  // our lease ends: the delete is late on the watch
  h.serve(op::keepalive);  // ... and is acknowledged once more
  h.serve(op::confirm);
  h.etcd.remove(0, 0x77);
  h.deliver();
  cr_assert(not(h.leads()), "his key has gone");
  h.serve(op::read_queue);
  cr_assert(not(h.leads()));
  h.serve(op::stand);
  cr_assert(h.leads());
}

Test(core_machine_loss, a_session_that_may_not_delete_its_key_lets_the_lease_go) {
  leading_host h;
  const std::int64_t before = h.lease();
  h.feed(resign{0});
  h.stop_work(0);
  for (int i = 0; i < 3; ++i) {
    cr_assert(h.lease() == before);
    h.fail(op::withdraw, outcome::permission_denied);
    h.wait(2 * second);
  }
  cr_assert(eq(sz, h.count<lease_lost>(), 1));
  cr_assert(h.lease() != before);
}
