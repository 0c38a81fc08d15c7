// The session's lease: granted under an id of our choice, renewed in rounds, adopted, given up.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

constexpr std::int64_t other = 0x77;

// Holds a lease and waits behind somebody, so that nobody reassures; 0 ms after the grant.
struct holding_host : core_host {
  // So many are in front of us.
  explicit holding_host(int in_front = 1) {
    for (int i = 0; i < in_front; ++i) etcd.put(0, other + i);
    stand();
    forget();
  }
};

}  // namespace

Test(core_lease, who_is_second_keeps_and_confirms_half_as_often_as_a_leader) {
  holding_host h;
  const nanos interval = 2 * h.m.times().renew_interval;
  for (int round = 1; round <= 4; ++round) {
    h.wait(interval - 1);
    cr_assert(h.find(op::keepalive) == nullptr);
    cr_assert(h.find(op::confirm) == nullptr);
    h.wait(1);
    cr_assert(h.find(op::keepalive) != nullptr);
    cr_assert(h.find(op::confirm) != nullptr);
    h.serve_all();
  }
}

Test(core_lease, who_waits_further_back_confirms_nothing) {
  holding_host h(2);
  std::size_t keepalives = 0;
  for (int i = 0; i < 600; ++i) {
    h.wait(100 * millisecond);
    cr_assert(h.find(op::confirm) == nullptr);
    if (h.find(op::keepalive) != nullptr) ++keepalives;
    h.serve_all();
  }
  cr_assert(eq(sz, keepalives, 15));
}

Test(core_lease, who_becomes_second_confirms_at_once) {
  holding_host h(2);
  h.run(30 * second);
  h.etcd.remove(0, other);
  h.deliver();
  cr_assert(h.find(op::confirm) != nullptr);
}

Test(core_lease, who_becomes_first_from_further_back_leads_after_one_confirmation) {
  holding_host h(2);
  h.run(30 * second);
  h.etcd.remove(0, other);
  h.etcd.remove(0, other + 1);
  h.deliver();
  cr_assert(not(h.leads()));
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_lease, an_outdated_keepalive_is_looked_into_from_further_back_too) {
  holding_host h(2);
  h.run(8 * second);
  h.etcd.term = 2;
  h.run(4 * second);
  h.wait(4 * second);
  cr_assert(h.find(op::confirm) != nullptr);
}

Test(core_lease, any_two_renewals_in_a_row_may_be_lost) {
  for (int first = 0; first < 4; ++first) {
    core_host h;
    h.stand();
    h.run(30 * millisecond);
    int round = 0;
    for (int i = 0; i < 400; ++i) {
      h.wait(100 * millisecond);
      while (!h.open.empty()) {
        const bool renewal = h.open.front().what == op::keepalive;
        if (renewal && (round == first || round == first + 1)) {
          h.fail(op::keepalive, outcome::broken);
        } else {
          h.arrive(h.etcd.execute(h.open.front()));
        }
        if (renewal) ++round;
      }
    }
    cr_assert(h.leads());
    cr_assert(eq(sz, h.count<lost>(), 0));
  }
}

Test(core_lease, a_failed_keepalive_is_repeated_soon_and_never_ever_later) {
  holding_host h;
  h.wait(4 * second);
  for (int i = 0; i < 6; ++i) {
    h.fail(op::keepalive, outcome::broken);
    const nanos failed = h.now;
    while (h.find(op::keepalive) == nullptr) {
      h.wait(millisecond);
      while (h.find(op::confirm) != nullptr) h.serve(op::confirm);
    }
    cr_assert(le(i64, h.now - failed, 750 * millisecond));
    cr_assert(ge(i64, h.now - failed, 250 * millisecond - millisecond));
  }
}

Test(core_lease, every_failure_of_a_keepalive_is_followed_by_another_try) {
  for (const outcome why :
       {outcome::not_sent, outcome::broken, outcome::timed_out, outcome::bad_answer,
        outcome::unavailable, outcome::overloaded, outcome::no_space, outcome::token_invalid,
        outcome::permission_denied, outcome::wrong_cluster, outcome::rejected}) {
    holding_host h;
    h.wait(4 * second);
    h.fail(op::keepalive, why);
    h.serve_all();
    h.wait(second);
    cr_assert(h.find(op::keepalive) != nullptr);
    cr_assert(eq(sz, h.count<lease_lost>(), 0));
  }
}

Test(core_lease,
     a_confirmation_that_fails_at_once_is_not_repeated_in_a_hurry_while_the_keepalive_hangs) {
  settings s;
  s.endpoint_count = 3;
  core_host h(s);
  h.etcd.put(0, other);
  h.stand();
  h.forget();
  const nanos end = h.now + 6 * second;
  for (int i = 0; i < 2000 && h.now < end; ++i) {
    h.wait(millisecond * (h.find(op::confirm) != nullptr ? 0 : 5));
    while (h.find(op::confirm) != nullptr && h.count(op::confirm) < 200)
      h.fail(op::confirm, outcome::overloaded);
    if (h.count(op::confirm) >= 200) break;
  }
  cr_assert(le(sz, h.count(op::confirm), 30));
}

Test(core_lease, an_acknowledgement_without_ttl_means_that_it_is_gone_and_another_is_granted) {
  holding_host h;
  h.etcd.revoke(h.lease());
  h.lose_events();
  h.wait(4 * second);
  h.serve(op::keepalive);
  cr_assert(eq(sz, h.count<lease_lost>(), 1));
  cr_assert(h.find(op::grant) != nullptr);
  cr_assert(eq(i64, +h.find(op::grant)->lease, 1001));
}

Test(core_lease, a_young_lease_that_is_not_found_is_asked_for_again) {
  settings s;
  s.asked.ttl = 2 * second;  // renewed 800 ms after the grant
  core_host h(s);
  h.etcd.put(0, other);
  h.stand();
  h.wait(800 * millisecond);
  answer a = h.execute(op::keepalive);
  a.ttl = 0;  // a member that has not applied the grant yet
  h.arrive(a);
  cr_assert(eq(sz, h.count<lease_lost>(), 0));
  h.wait(100 * millisecond);
  h.serve_all();
  cr_assert(eq(i64, h.lease(), 1000));
  h.run(2 * second);
  while (h.find(op::keepalive) == nullptr) h.wait(10 * millisecond);
  a = h.execute(op::keepalive);
  a.ttl = 0;
  h.arrive(a);
  cr_assert(eq(sz, h.count<lease_lost>(), 1), "older than a second it is believed");
}

Test(core_lease, a_grant_whose_answer_was_lost_is_recognised_and_adopted) {
  core_host h;
  h.feed(stand{0, true});
  (void)h.execute(op::grant);
  h.fail(op::grant, outcome::broken);
  h.wait(second);
  cr_assert(eq(i64, +h.find(op::grant)->lease, 1000));
  h.serve(op::grant);  // exists
  cr_assert(eq(i64, h.last<lease_granted>().lease, 1000));
  cr_assert(eq(sz, h.etcd.leases.size(), 1));
  h.serve(op::stand);
  cr_assert(not(h.leads()));  // its age is unknown: both halves of the evidence are needed
  h.serve(op::keepalive);     // the stand was the other half
  h.serve(op::read_queue);
  cr_assert(h.leads());
}

Test(core_lease, a_grant_executed_long_ago_is_still_its_own) {
  core_host h;
  h.feed(stand{0, true});
  (void)h.execute(op::grant);
  h.freeze(5 * second);  // two request time-outs are over when the failure is heard
  h.fail(op::grant, outcome::broken);
  h.wait(second);
  h.serve(op::grant);
  cr_assert(eq(i64, h.lease(), 1000));
  cr_assert(eq(sz, h.etcd.leases.size(), 1));
}

Test(core_lease, an_id_that_somebody_else_has_is_exchanged_for_another) {
  core_host h;
  h.etcd.leases.push_back(1000);
  h.feed(stand{0, true});
  h.serve(op::grant);
  cr_assert(eq(sz, h.count<lease_granted>(), 0));
  h.wait(second);
  cr_assert(eq(i64, +h.find(op::grant)->lease, 1001));
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_lease, grants_that_fail_are_repeated_ever_more_slowly_under_the_same_id) {
  core_host h;
  h.feed(stand{0, true});
  std::vector<nanos> pauses;
  for (int i = 0; i < 6; ++i) {
    h.fail(op::grant, outcome::unavailable);
    const nanos failed = h.now;
    while (h.find(op::grant) == nullptr) h.wait(10 * millisecond);
    pauses.push_back(h.now - failed);
    cr_assert(eq(i64, +h.find(op::grant)->lease, 1000));
  }
  cr_assert(lt(i64, +pauses[0], +pauses[2]));
  cr_assert(le(i64, +pauses[5], 8 * 750 * millisecond));
}

Test(core_lease, terms_that_disagree_are_settled_soon) {
  holding_host h;
  h.wait(4 * second);
  ++h.etcd.term;
  h.serve(op::confirm);
  --h.etcd.term;
  h.serve(op::keepalive);
  ++h.etcd.term;
  h.wait(50 * millisecond);
  cr_assert(h.find(op::keepalive) != nullptr);
  h.serve_all();
  cr_assert(ge(i64, h.m.cutoff(), h.now + 8 * second));
}

Test(core_lease, is_not_asked_for_while_nobody_stands) {
  core_host h;
  h.feed(observe{0, true});
  h.run(60 * second);
  cr_assert(eq(sz, h.count(op::grant), 0));
}

Test(core_lease, lives_on_for_the_next_standing_after_a_resignation) {
  core_host h;
  h.stand();
  h.feed(resign{0});
  h.run(30 * second);
  h.stand();
  cr_assert(h.leads());
  cr_assert(eq(sz, h.count(op::grant), 1));
}
