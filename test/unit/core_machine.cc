// The way to leadership: one commit to lead when nobody is in front, one push to take over, and
// everything that can be wrong with a queue meanwhile.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

constexpr std::int64_t other = 0x77;  // a lease of somebody else's

// Waits behind one other, with a watch that is up.
struct waiting_host : core_host {
  waiting_host() {
    other_revision = etcd.put(0, other);
    stand();
    forget();
  }
  std::int64_t other_revision = 0;
};

// The stand was executed, its answer is still on its way, the watch is up.
struct creating_host : core_host {
  creating_host() {
    feed(tenure::core::stand{0, true});
    serve(op::grant);
    created();
  }
};

}  // namespace

Test(core_machine, asks_for_nothing_before_somebody_stands) {
  core_host h;
  h.feed(woke{});
  cr_assert(h.sent.empty() && h.streams.empty() && h.told.empty());
  cr_assert(eq(i64, h.m.next_wake(), +never));
}

Test(core_machine, leads_after_one_grant_and_one_commit_when_nobody_is_in_front) {
  core_host h;
  h.feed(stand{0, true});
  cr_assert(eq(sz, h.sent.size(), 1));
  cr_assert(h.sent[0].what == op::grant);
  cr_assert(eq(i64, h.sent[0].ttl, 10 * second));
  cr_assert(eq(i64, h.sent[0].lease, 1000));
  h.serve(op::grant);
  cr_assert(eq(i64, h.last<lease_granted>().lease, 1000));
  cr_assert(eq(sz, h.sent.size(), 2));
  cr_assert(h.sent[1].what == op::stand);
  h.serve(op::stand);
  cr_assert(h.leads());
  cr_assert(eq(sz, h.count<campaigning>(), 1));
  cr_assert(eq(sz, h.count<acquired>(), 1));
  cr_assert(eq(i64, h.last<acquired>().fencing_token, h.etcd.find(0, 1000)->created));
  cr_assert(eq(sz, h.sent.size(), 2), "no further read is needed");
}

Test(core_machine, watches_from_the_revision_after_its_first_answer) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  cr_assert(h.stream.has_value());
  cr_assert(eq(i64, h.stream->revision, 101));
  cr_assert(not(h.stream->puts));
  cr_assert(h.stream->two_way);
}

Test(core_machine, writes_into_its_key_that_it_leads_soon_after_it_was_told) {
  core_host h;
  h.stand();
  cr_assert(eq(sz, h.count(op::announce), 0));
  h.run(20 * millisecond);
  cr_assert(eq(sz, h.count(op::announce), 1));
}

Test(core_machine, waits_behind_those_who_came_before_and_says_at_which_place) {
  core_host h;
  for (std::int64_t lease = 1; lease <= 3; ++lease) h.etcd.put(0, lease);
  h.stand();
  cr_assert(h.standing() == standing::queued);
  cr_assert(eq(sz, h.count<acquired>(), 0));
  cr_assert(eq(sz, h.last<position>().in_front, 3));
  cr_assert(eq(sz, h.count<leader_changed>(), 1));
}

Test(core_machine, moves_up_with_each_delete_in_front_in_whatever_order_they_come) {
  core_host h;
  for (std::int64_t lease = 1; lease <= 3; ++lease) h.etcd.put(0, lease);
  h.stand();
  h.forget();
  for (const std::int64_t lease : {2, 1}) {
    h.etcd.remove(0, lease);
    h.serve_all();
  }
  cr_assert(eq(sz, h.count<position>(), 2));
  cr_assert(eq(sz, h.last<position>().in_front, 1));
  cr_assert(eq(sz, h.count(op::read_queue), 0));
  h.etcd.remove(0, 3);
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_machine, takes_over_within_the_push_of_the_last_delete_in_front) {
  waiting_host h;
  h.etcd.remove(0, other);
  h.deliver();
  cr_assert(h.leads());
  cr_assert(eq(sz, h.sent.size(), 0), "the push alone is enough");
}

Test(core_machine, is_not_moved_by_those_who_come_behind) {
  waiting_host h;
  h.etcd.put(0, 0x88);
  h.etcd.remove(0, 0x88);
  h.serve_all();
  cr_assert(h.standing() == standing::queued);
  cr_assert(h.told.empty());
}

Test(core_machine, hears_a_delete_before_the_answer_of_its_own_stand) {
  core_host h;
  h.etcd.put(0, other);
  h.feed(stand{0, true});
  h.serve(op::grant);
  h.created();
  h.serve(op::stand);                        // all or nothing: nothing, there is another
  const answer late = h.execute(op::stand);  // it saw the other in front
  h.etcd.remove(0, other);
  h.deliver();
  cr_assert(h.standing() == standing::creating);
  h.arrive(late);
  cr_assert(h.leads());
}

Test(core_machine, ignores_deletes_that_its_reading_of_the_queue_knew_already) {
  core_host h;
  h.etcd.put(0, other);
  h.etcd.remove(0, other);
  const change old = h.etcd.events.back();
  h.etcd.put(0, other);  // the same lease stood again
  h.stand();
  h.push(old);
  cr_assert(h.standing() == standing::queued);
  cr_assert(eq(sz, h.last<position>().in_front, 1));
}

Test(core_machine, stands_again_and_is_never_told_acquired_when_its_key_is_deleted_while_it_waits) {
  waiting_host h;
  const std::int64_t lease = h.lease();
  h.etcd.remove(0, lease);
  h.etcd.remove(0, other);
  h.deliver();  // both deletes in one message
  cr_assert(eq(sz, h.count<acquired>(), 0));
  cr_assert(h.standing() == standing::creating);
  h.serve(op::stand);
  cr_assert(eq(sz, h.count<acquired>(), 1), "by the new key");
  cr_assert(eq(i64, h.last<acquired>().fencing_token, h.etcd.find(0, lease)->created));
}

Test(core_machine, stands_again_when_its_key_is_deleted_before_the_answer_of_its_stand) {
  creating_host h;
  const answer late = h.execute(op::stand);
  h.etcd.remove(0, h.lease());
  h.deliver();
  h.arrive(late);
  cr_assert(eq(sz, h.count<acquired>(), 0));
  cr_assert(h.standing() == standing::creating);
}

Test(core_machine, ignores_the_delete_of_an_earlier_key_of_its_own) {
  creating_host h;
  const answer late = h.execute(op::stand);
  h.push({0, true, h.lease(), 0, late.revision - 1});
  h.arrive(late);
  cr_assert(h.leads());
}

Test(core_machine, does_not_lead_when_the_stand_is_answered_after_the_cutoff) {
  creating_host h;
  const answer late = h.execute(op::stand);
  h.freeze(20 * second);
  h.arrive(late);
  cr_assert(eq(sz, h.count<acquired>(), 0));
  cr_assert(h.standing() == standing::queued);
  h.serve_all();  // keepalive and confirmation: the lease still lives
  cr_assert(h.leads());
}

Test(core_machine, an_answer_for_another_lease_than_the_present_one_says_nothing) {
  creating_host h;
  const answer late = h.execute(op::stand);
  h.etcd.revoke(h.lease());
  h.run(3 * second);  // the keepalive finds it gone, a new lease is granted
  const std::int64_t second_lease = h.lease();
  cr_assert(ne(i64, +second_lease, 1000));
  const std::size_t before = h.count<acquired>();
  h.arrive(late);
  cr_assert(eq(sz, h.count<acquired>(), +before));
}

Test(core_machine, recognises_its_own_key_when_a_stand_was_executed_twice) {
  creating_host h;
  const answer lost = h.execute(op::stand);
  h.fail(op::stand, outcome::broken);  // executed all the same
  cr_assert(eq(sz, h.count<stand_delayed>(), 1));
  h.run(2 * second);
  cr_assert(h.leads());
  cr_assert(eq(i64, h.last<acquired>().fencing_token, +lost.revision));
}

Test(core_machine, never_leads_by_a_key_of_its_name_that_is_attached_to_another_lease) {
  core_host h;
  h.etcd.keys.push_back({0, 1000, 90, 0});
  h.stand();
  cr_assert(eq(sz, h.count<tampered>(), 1));
  cr_assert(h.leads(), "the foreign key was deleted, and set anew");
  cr_assert(eq(i64, h.etcd.find(0, 1000)->attached, 1000));
  cr_assert(gt(i64, h.last<acquired>().fencing_token, 90));
}

Test(core_machine, who_stood_again_before_that_key_was_found_still_stands_when_it_is_gone) {
  core_host h;
  h.etcd.put(1, 0x77);
  h.feed(stand{1, true});
  h.serve_all();  // from here on each stand is an entry by itself
  h.etcd.keys.push_back({0, 1000, 90, 0});
  h.feed(stand{0, true});
  h.feed(resign{0});
  h.feed(stand{0, true});
  h.serve_all();
  cr_assert(eq(sz, h.count<tampered>(), 1));
  cr_assert(eq(sz, h.count<resigned>(), 1));
  cr_assert(h.leads());
}

Test(core_machine, a_refused_stand_is_told_as_trouble_and_tried_again_after_a_pause) {
  for (const outcome why :
       {outcome::no_space, outcome::permission_denied, outcome::overloaded, outcome::rejected}) {
    core_host h;
    h.feed(stand{0, true});
    h.serve(op::grant);
    h.fail(op::stand, why);
    cr_assert(eq(sz, h.count<stand_delayed>(), 1));
    cr_assert(h.last<stand_delayed>().why == why);
    cr_assert(eq(sz, h.count<trouble>(), 0), "it is the candidate's affair, not the session's");
    cr_assert(h.find(op::stand) == nullptr);
    h.wait(200 * millisecond);
    cr_assert(h.find(op::stand) == nullptr, "not before half the retry delay");
    h.wait(800 * millisecond);
    h.serve(op::stand);
    cr_assert(h.leads());
  }
}

Test(core_machine, reads_the_queue_again_when_somebody_of_an_unreadable_name_goes) {
  core_host h;
  h.etcd.put(0, 0);
  h.stand();
  cr_assert(h.standing() == standing::queued);
  h.forget();
  h.etcd.remove(0, 0);
  h.deliver();
  cr_assert(eq(sz, h.count(op::read_queue), 1));
  cr_assert(not(h.leads()));
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_machine, a_foreign_key_behind_it_does_not_matter) {
  waiting_host h;
  h.push({0, true, 0, 0, 500});
  cr_assert(eq(sz, h.count(op::read_queue), 0), "nobody in front has such a name");
}

Test(core_machine, reads_the_rest_when_more_are_in_front_than_one_answer_holds) {
  core_host h;
  constexpr std::int64_t others = 70;
  for (std::int64_t lease = 1; lease <= others; ++lease) h.etcd.put(0, lease);
  h.stand();
  cr_assert(eq(sz, h.last<position>().in_front, 32));
  for (std::int64_t lease = 1; lease < others; ++lease) {
    h.etcd.remove(0, lease);
    h.serve_all();
    cr_assert(not(h.leads()));
  }
  cr_assert(eq(sz, h.count(op::read_queue), 2));
  h.etcd.remove(0, others);
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_machine, reads_the_queue_again_now_and_then_in_case_a_delete_was_lost) {
  waiting_host h;
  h.etcd.remove(0, other);
  h.lose_events();
  h.run(9 * second);
  cr_assert(not(h.leads()));
  h.run(2 * second);
  cr_assert(h.leads());
}

Test(core_machine, the_slow_reading_also_finds_that_its_own_key_is_gone) {
  waiting_host h;
  h.etcd.remove(0, h.lease());
  h.lose_events();
  h.run(11 * second);
  cr_assert(h.etcd.find(0, h.lease()) != nullptr, "stood again");
  cr_assert(eq(sz, h.count<acquired>(), 0));
}

Test(core_machine, a_broken_watch_is_resumed_after_the_last_event_and_nothing_is_missed) {
  waiting_host h;
  h.etcd.put(0, 0x88);
  h.etcd.remove(0, 0x88);
  const std::int64_t seen = h.etcd.revision;
  h.deliver();
  h.cut();
  h.etcd.remove(0, other);
  h.run(second);
  cr_assert(eq(sz, h.streams.size(), 1));
  cr_assert(eq(i64, h.streams[0].revision, seen + 1));
  cr_assert(h.leads());
}

Test(core_machine, after_a_compaction_nobody_leads_before_the_queue_was_read_again) {
  waiting_host h;
  h.etcd.remove(0, h.lease());
  h.etcd.put(0, 0x88);
  h.lose_events();
  h.canceled(outcome::compacted, h.etcd.revision);
  cr_assert(eq(sz, h.closed_streams.size(), 1), "the stream would stay open and silent");
  h.created();
  h.etcd.remove(0, other);
  h.deliver();
  cr_assert(not(h.leads()));  // its own key is gone, and it cannot know yet
  h.serve_all();
  cr_assert(h.standing() == standing::queued);
  cr_assert(eq(sz, h.count<acquired>(), 0));
  h.etcd.remove(0, 0x88);
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_machine, a_reading_older_than_the_compaction_is_not_trusted) {
  waiting_host h;
  h.run(9 * second);
  while (h.find(op::read_queue) == nullptr) h.wait(10 * millisecond);
  const answer before = h.execute(op::read_queue);  // under way when the events are lost
  h.etcd.remove(0, h.lease());
  h.etcd.put(0, 0x88);
  h.lose_events();
  h.canceled(outcome::compacted, h.etcd.revision);
  h.arrive(before);
  h.created();
  h.etcd.remove(0, other);
  h.deliver();
  cr_assert(eq(sz, h.count<acquired>(), 0));
  h.serve_all();
  cr_assert(h.etcd.find(0, h.lease()) != nullptr, "it noticed, and stood again");
  cr_assert(eq(sz, h.count<acquired>(), 0));
}

Test(core_machine, a_stand_older_than_the_compaction_does_not_lead_by_itself) {
  creating_host h;
  const answer before = h.execute(op::stand);
  h.etcd.remove(0, h.lease());
  h.etcd.put(0, other);
  h.lose_events();
  h.canceled(outcome::compacted, h.etcd.revision);
  h.arrive(before);
  cr_assert(eq(sz, h.count<acquired>(), 0));
  h.serve_all();
  cr_assert(h.standing() == standing::queued);
}
