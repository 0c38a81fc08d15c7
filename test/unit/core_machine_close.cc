// Resigning, leaving and closing: from every state, and what must have stopped before the key goes.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;
using tenure::test::message;

namespace {

constexpr std::int64_t other = 0x77;

// Every standing that election 0 can have, and how it comes there.
struct way {
  standing state;
  std::function<void(core_host&)> go;
};

const way ways[] = {
    {standing::idle,
     [](core_host& h) {
       h.stand();
       h.feed(resign{0});
       h.stop_work(0);
       h.serve_all();
     }},
    {standing::wanting,
     [](core_host& h) {
       h.feed(stand{0, true});
     }},
    {standing::creating,
     [](core_host& h) {
       h.feed(stand{0, true});
       h.serve(op::grant);
       h.created();
     }},
    {standing::queued,
     [](core_host& h) {
       h.etcd.put(0, other);
       h.stand();
     }},
    {standing::leading, [](core_host& h) { h.stand(); }},
    {standing::stopping,
     [](core_host& h) {
       h.stand();
       h.feed(expired{});
     }},
    {standing::withdrawing,
     [](core_host& h) {
       h.stand();
       h.feed(expired{});
       h.stop_work(0);
     }},
};

void bring(core_host& h, const way& w) {
  w.go(h);
  cr_assert(h.standing() == w.state);
  h.forget();
}

// How often a leadership began and ended, as the user of election 0 heard it.
bool paired(const core_host& h) {
  int leading = 0;
  for (const action& it : h.told) {
    if (message<acquired>(it) != nullptr && ++leading != 1) return false;
    if (message<lost>(it) != nullptr && --leading != 0) return false;
    if (message<resigned>(it) != nullptr && leading > 0) --leading;
  }
  return leading == 0 || leading == 1;
}

}  // namespace

Test(core_machine_close,
     a_leader_that_resigns_is_cancelled_at_once_and_its_key_goes_when_the_work_has_stopped) {
  core_host h;
  h.stand();
  h.feed(resign{0});
  cr_assert(eq(sz, h.count<cancelled>(), 1));
  cr_assert(h.last<cancelled>().why == cause::resigned);
  cr_assert(h.find(op::withdraw) == nullptr);
  h.wait(900 * millisecond);
  cr_assert(h.find(op::withdraw) == nullptr);
  h.stop_work(0);
  cr_assert(h.find(op::withdraw) != nullptr);
  cr_assert(eq(sz, h.count<resigned>(), 0));
  h.serve(op::withdraw);
  cr_assert(eq(sz, h.count<resigned>(), 1));
  cr_assert(eq(sz, h.count<lost>(), 0));
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_close, the_key_of_one_that_resigned_goes_when_the_grace_is_over) {
  core_host h;
  h.stand();
  h.feed(resign{0});
  h.wait(second);
  cr_assert(h.find(op::withdraw) != nullptr);
}

Test(core_machine_close, resigning_is_answered_once_in_every_state_and_leaves_no_key) {
  for (const way& w : ways) {
    core_host h;
    bring(h, w);
    h.feed(resign{0});
    h.run(3 * second);
    cr_assert(eq(sz, h.count<resigned>(), 1));
    cr_assert(h.standing() == standing::idle);
    cr_assert(h.etcd.find(0, 1000) == nullptr);
    h.run(30 * second);
    cr_assert(eq(sz, h.count<acquired>(), 0), "it does not stand again by itself");
  }
}

Test(core_machine_close, resigning_twice_is_the_same_resignation) {
  for (const way& w : ways) {
    if (w.state == standing::idle || w.state == standing::wanting)
      continue;  // complete at once, twice
    core_host h;
    bring(h, w);
    h.feed(resign{0});
    h.feed(resign{0});
    h.run(3 * second);
    cr_assert(eq(sz, h.count<resigned>(), 1));
  }
}

Test(core_machine_close, standing_after_resigning_in_every_state_leads_by_a_new_key) {
  for (const way& w : ways) {
    core_host h;
    bring(h, w);
    h.feed(resign{0});
    h.feed(stand{0, true});
    h.run(3 * second);
    cr_assert(eq(sz, h.count<resigned>(), 1));
    if (h.etcd.find(0, other) != nullptr) {
      cr_assert(h.standing() == standing::queued);
      h.etcd.remove(0, other);
      h.serve_all();
    }
    cr_assert(h.leads());
    cr_assert(eq(sz, h.count<acquired>(), 1));
  }
}

Test(core_machine_close, leaving_is_answered_once_in_every_state_and_leaves_no_key) {
  for (const way& w : ways) {
    core_host h;
    bring(h, w);
    h.feed(leave{0});
    h.feed(leave{0});
    h.run(4 * second);
    cr_assert(
        eq(sz, h.count<left>(), w.state == standing::idle || w.state == standing::wanting ? 2 : 1));
    cr_assert(eq(sz, h.count<lost>(), w.state == standing::leading ? 1 : 0));
    cr_assert(h.etcd.find(0, 1000) == nullptr);
    cr_assert(h.standing() == standing::idle);
  }
}

Test(core_machine_close,
     a_leader_that_leaves_is_told_lost_and_keeps_its_key_until_the_work_has_stopped) {
  core_host h;
  h.stand();
  h.feed(leave{0});
  cr_assert(eq(sz, h.count<cancelled>(), 1));
  cr_assert(h.last<lost>().why == cause::closed);
  h.wait(900 * millisecond);
  cr_assert(h.find(op::withdraw) == nullptr);
  h.stop_work(0);
  cr_assert(h.find(op::withdraw) != nullptr);
}

Test(core_machine_close,
     left_is_told_in_time_when_the_key_cannot_be_deleted_and_the_deletion_goes_on) {
  core_host h;
  h.stand();
  h.feed(leave{0});
  h.wait(3 * second - millisecond);
  cr_assert(eq(sz, h.count<left>(), 0));
  h.wait(millisecond);
  cr_assert(eq(sz, h.count<left>(), 1));
  h.run(5 * second);
  cr_assert(h.etcd.keys.empty());
  cr_assert(eq(sz, h.count<left>(), 1));
}

Test(core_machine_close, the_time_limit_of_an_earlier_leaving_does_not_cut_a_later_one_short) {
  core_host h;
  h.stand();
  h.feed(leave{0});
  h.stop_work(0);
  h.serve_all();
  h.stand();
  cr_assert(h.leads());
  h.run(2500 * millisecond);
  h.forget();
  h.feed(leave{0});
  h.wait(900 * millisecond);  // the first one's limit is in here
  cr_assert(eq(sz, h.count<left>(), 0));
}

Test(core_machine_close, leaving_while_resigning_turns_the_resignation_into_a_loss) {
  core_host h;
  h.stand();
  h.feed(resign{0});
  h.feed(leave{0});
  h.stop_work(0);
  h.serve_all();
  cr_assert(eq(sz, h.count<lost>(), 1));
  cr_assert(eq(sz, h.count<resigned>(), 0));
  cr_assert(eq(sz, h.count<left>(), 1));
}

Test(core_machine_close, a_deletion_that_fails_is_repeated_until_the_key_is_gone) {
  core_host h;
  h.stand();
  h.feed(resign{0});
  h.stop_work(0);
  for (int i = 0; i < 5; ++i) {
    h.fail(op::withdraw, outcome::unavailable);
    for (int wakes = 0; wakes < 100 && h.find(op::withdraw) == nullptr; ++wakes) {
      h.wait(100 * millisecond);
      while (h.find(op::keepalive) != nullptr) h.serve(op::keepalive);
      while (h.find(op::confirm) != nullptr) h.serve(op::confirm);
    }
  }
  cr_assert(eq(sz, h.count<resigned>(), 0));
  h.serve(op::withdraw);
  cr_assert(eq(sz, h.count<resigned>(), 1));
}

Test(core_machine_close, a_deletion_compares_the_create_revision_and_a_lost_answer_harms_nobody) {
  core_host h;
  h.stand();
  const std::int64_t created = h.etcd.find(0, 1000)->created;
  h.feed(resign{0});
  h.stop_work(0);
  (void)h.execute(op::withdraw);  // executed, its answer is lost
  h.fail(op::withdraw, outcome::broken);
  h.run(2 * second);
  cr_assert(eq(sz, h.count<resigned>(), 1));
  for (const tenure::core::send& s : h.sent) {
    if (s.what == op::withdraw) cr_assert(eq(i64, +s.items[0].create_revision, +created));
  }
}

Test(core_machine_close, a_stand_without_an_answer_is_swept_after_a_resignation) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  const tenure::core::send late = *h.find(op::stand);
  h.feed(resign{0});
  h.fail(op::stand, outcome::broken);
  h.serve(op::withdraw);  // there is nothing yet
  cr_assert(eq(sz, h.count<resigned>(), 1));
  (void)h.etcd.execute(late);  // now there is
  h.run(6 * second);
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_close,
     a_key_of_a_stand_without_an_answer_goes_however_late_the_resignation_comes) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  (void)h.execute(op::stand);
  h.fail(op::stand, outcome::broken);
  cr_assert(h.standing() == standing::wanting);
  h.freeze(5 * second);  // longer than it could still be executed; but it was
  h.feed(resign{0});
  h.run(10 * second);
  cr_assert(eq(sz, h.count<resigned>(), 1));
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_close, a_doubtful_stand_is_swept_even_if_a_later_one_succeeded) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  const tenure::core::send late = *h.find(op::stand);
  h.fail(op::stand, outcome::broken);  // perhaps it is still executed, up to two request time-outs
                                       // after its sending
  h.run(second);
  cr_assert(h.leads());
  h.feed(resign{0});
  h.stop_work(0);
  h.serve_all();
  cr_assert(eq(sz, h.count<resigned>(), 1));
  (void)h.etcd.execute(late);
  cr_assert(eq(sz, h.etcd.keys.size(), 1));
  h.run(6 * second);
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_close,
     a_stand_executed_while_the_answer_to_the_withdrawal_was_under_way_is_swept) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  const tenure::core::send late = *h.find(op::stand);
  h.fail(op::stand, outcome::broken);
  h.run(second);
  h.feed(resign{0});
  h.stop_work(0);
  const answer withdrawn = h.execute(op::withdraw);
  (void)h.etcd.execute(late);
  h.freeze(5 * second);  // longer than it could still be executed; but it was
  h.arrive(withdrawn);
  h.run(second);
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_close, a_stand_executed_by_a_member_that_wakes_after_long_is_swept) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  const tenure::core::send late = *h.find(op::stand);
  h.fail(op::stand, outcome::broken);
  h.run(second);
  h.feed(resign{0});
  h.stop_work(0);
  h.run(100 * second);
  (void)h.etcd.execute(late);
  cr_assert(eq(sz, h.etcd.keys.size(), 1));
  h.run(200 * second);
  cr_assert(h.etcd.keys.empty());
  cr_assert(eq(sz, h.count<resigned>(), 1));
  h.forget();
  h.run(7200 * second);
  std::size_t looks = h.count(op::withdraw);
  cr_assert(lt(sz, +looks, 8), "fewer and fewer");
  h.run(7200 * second);
  cr_assert(eq(sz, h.count(op::withdraw), +looks), "and not for ever");
}

Test(core_machine_close, closing_in_every_state_finishes_with_the_lease_revoked) {
  for (const way& w : ways) {
    core_host h;
    bring(h, w);
    h.feed(tenure::core::close{});
    h.feed(tenure::core::close{});
    cr_assert(eq(sz, h.count<lost>(), w.state == standing::leading ? 1 : 0));
    h.run(3 * second);
    cr_assert(h.finished);
    cr_assert(h.open.empty());
    cr_assert(h.etcd.leases.empty());
    cr_assert(h.etcd.find(0, 1000) == nullptr);
    cr_assert(eq(i64, h.m.next_wake(), +never));
    cr_assert(not(h.stream.has_value()));
    cr_assert(paired(h) || w.state != standing::wanting);
  }
}

Test(core_machine_close, closing_without_anything_finishes_at_once) {
  core_host h;
  h.feed(tenure::core::close{});
  cr_assert(h.finished);
  cr_assert(h.sent.empty());
}

Test(core_machine_close, closing_waits_for_the_leaders_work_then_revokes) {
  for (const bool says_so : {true, false}) {
    core_host h;
    h.stand(0);
    h.stand(1);
    h.feed(tenure::core::close{});
    cr_assert(eq(sz, h.count<lost>(), 2));
    cr_assert(h.last<lost>().why == cause::closed);
    h.wait(900 * millisecond);
    cr_assert(h.find(op::revoke) == nullptr);
    if (says_so) {
      h.stop_work(0);
      cr_assert(h.find(op::revoke) == nullptr);
      h.stop_work(1);
    } else {
      h.wait(100 * millisecond);
    }
    cr_assert(h.find(op::revoke) != nullptr);
    h.serve(op::revoke);
    cr_assert(h.finished);
  }
}

Test(core_machine_close, closing_ends_in_time_when_nobody_answers) {
  core_host h;
  h.stand();
  h.feed(tenure::core::close{});
  h.wait(second + 2 * second - 1);
  cr_assert(not(h.finished));
  h.wait(1);
  cr_assert(h.finished);
  cr_assert(h.open.empty());
}

Test(core_machine_close, closing_ends_when_the_revocation_fails_in_any_way) {
  for (const outcome why :
       {outcome::not_sent, outcome::broken, outcome::unavailable, outcome::lease_gone,
        outcome::permission_denied, outcome::bad_answer, outcome::rejected}) {
    core_host h;
    h.etcd.put(0, other);
    h.stand();
    h.feed(tenure::core::close{});
    h.fail(op::revoke, why);
    h.wait(2 * second);
    cr_assert(h.finished);
  }
}

Test(core_machine_close, nothing_is_heard_after_the_end) {
  core_host h;
  h.feed(stand{0, true});
  const answer late = h.execute(op::grant);
  h.feed(tenure::core::close{});
  h.serve(op::revoke);
  cr_assert(h.finished);
  h.forget();
  h.feed(late);
  h.feed(stand{0, true});
  h.feed(woke{});
  cr_assert(h.told.empty() && h.sent.empty());
}

Test(core_machine_close, nobody_is_told_acquired_after_closing) {
  core_host h;
  h.etcd.put(0, other);
  h.stand(0);
  h.stand(1);  // leads
  h.feed(tenure::core::close{});
  h.forget();
  h.etcd.remove(0, other);
  if (h.stream) h.deliver();
  h.run(4 * second);
  cr_assert(eq(sz, h.count<acquired>(), 0));
}

Test(core_machine_close, two_resignations_are_answered_once_though_the_lease_ends_between) {
  settings s;
  s.slice = 1;
  core_host h(s);
  for (const election_id id : {0, 1, 2}) h.etcd.put(id, 0x77);
  for (const election_id id : {0, 1, 2}) h.stand(id);
  h.feed(resign{2});
  h.feed(tenure::core::stand{2, true});
  h.etcd.revoke(h.lease());
  h.wait(5 * second);
  answer gone = h.execute(op::keepalive);
  h.arrive(gone);  // the losing goes on in the next turns
  h.feed(resign{2});
  h.run(second);
  cr_assert(eq(sz, h.count<resigned>(), 1));
}

Test(core_machine_close, a_late_word_of_an_earlier_term_does_not_end_the_grace_of_this_one) {
  core_host h;
  h.stand();
  h.serve_all();
  const std::int64_t first = h.terms[0];
  h.feed(expired{});
  h.run(2 * second);  // its work takes longer than its grace
  cr_assert(h.leads());
  h.feed(expired{});
  h.feed(work_stopped{0, first});
  cr_assert(h.standing() == standing::stopping);
  cr_assert(h.find(op::withdraw) == nullptr);
  h.stop_work(0);
  cr_assert(h.find(op::withdraw) != nullptr);
}

Test(core_machine_close, a_number_is_free_when_its_election_was_left_and_not_before) {
  for (const way& w : ways) {
    core_host h;
    w.go(h);
    cr_assert(not(h.m.forget(0)), "standing %d", static_cast<int>(w.state));
    h.feed(leave{0});
    h.stop_work(0);
    h.run(10 * second);
    h.etcd.remove(0, other);
    cr_assert(h.m.forget(0), "standing %d", static_cast<int>(w.state));
    // The next one to have the number begins as if nobody had had it.
    h.told.clear();
    h.feed(stand{0, true});
    h.run(second);
    cr_assert(h.count<acquired>() != 0, "standing %d", static_cast<int>(w.state));
  }
}
