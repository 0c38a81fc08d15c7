// Many elections of one session: shared requests, batches that fit into a transaction, and one that
// fails without harming the others.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <set>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

void stand_all(core_host& h, election_id count) {
  for (election_id id = 0; id < count; ++id) h.feed(stand{id, true});
}

std::size_t leaders(const core_host& h) { return h.m.standings().leaders(); }

}  // namespace

Test(core_machine_many, any_number_of_elections_is_stood_in_by_as_few_transactions_as_fit) {
  const struct {
    election_id elections;
    std::size_t transactions;
  } table[] = {{1, 1},   {2, 1},   {126, 1}, {127, 2}, {128, 2},
               {129, 2}, {252, 2}, {253, 3}, {1000, 8}};
  for (const auto& row : table) {
    core_host h;
    stand_all(h, row.elections);
    cr_assert(eq(sz, h.sent.size(), 1), "one lease for all");
    h.serve_all();
    cr_assert(eq(sz, leaders(h), row.elections));
    cr_assert(eq(sz, h.count(op::stand), +row.transactions));
    cr_assert(eq(sz, h.streams.size(), 1), "one watch for all");
    for (const tenure::core::send& s : h.sent) cr_assert(le(sz, s.items.size(), 126));
  }
}

Test(core_machine_many, few_requests_of_a_kind_are_under_way_at_a_time) {
  core_host h;
  stand_all(h, 1000);
  h.serve(op::grant);
  h.turn();
  cr_assert(eq(sz, h.open.size(), 2));
}

Test(core_machine_many, each_leader_is_reassured_once_an_interval_and_nothing_else_is_asked) {
  core_host h;
  stand_all(h, 300);
  h.run(100 * millisecond);
  h.forget();
  h.run(10 * second);
  std::size_t reassured = 0;
  for (const tenure::core::send& s : h.sent) {
    if (s.what == op::reassure) reassured += s.items.size();
  }
  cr_assert(ge(sz, +reassured, 4 * 300));
  cr_assert(le(sz, +reassured, 8 * 300));
  cr_assert(eq(sz, h.count(op::read_queue) + h.count(op::stand) + h.count(op::read_leader), 0));
  cr_assert(le(sz, h.count(op::keepalive), 6));
  cr_assert(eq(sz, h.count(op::confirm), 0), "the reassurances confirm as well");
  cr_assert(eq(sz, leaders(h), 300));
}

Test(core_machine_many, each_leader_is_announced_once_an_interval_a_few_at_a_time) {
  settings s;
  s.asked.last_seen_interval = 100 * second;
  core_host h(s);
  stand_all(h, 1000);
  h.run(2 * second);
  h.forget();
  h.run(200 * second);
  std::size_t announced = 0;
  for (const tenure::core::send& each : h.sent) {
    if (each.what != op::announce) continue;
    announced += each.items.size();
    cr_assert(le(sz, each.items.size(), 25), "evenly");
  }
  cr_assert(ge(sz, +announced, 1900));
  cr_assert(le(sz, +announced, 2100));
}

Test(core_machine_many, without_an_interval_a_leader_is_announced_only_when_it_begins) {
  settings s;
  s.asked.last_seen_interval = 0;
  core_host h(s);
  stand_all(h, 10);
  h.run(600 * second);
  cr_assert(eq(sz, h.count(op::announce), 1));
  cr_assert(eq(sz, leaders(h), 10));
}

Test(core_machine_many, those_who_wait_share_a_keepalive_and_a_confirmation) {
  core_host h;
  for (election_id id = 0; id < 50; ++id) h.etcd.put(id, 0x77);
  stand_all(h, 50);
  h.serve_all();
  h.forget();
  h.run(8 * second);
  cr_assert(le(sz, h.count(op::keepalive), 4));
  cr_assert(le(sz, h.count(op::confirm), 2));
  cr_assert(ge(sz, h.count(op::confirm), 2));
}

Test(core_machine_many, one_key_deleted_by_hand_loses_exactly_that_leadership) {
  core_host h;
  stand_all(h, 300);
  h.run(100 * millisecond);
  h.forget();
  h.etcd.remove(137, h.lease());
  h.lose_events();  // not even the watch tells
  h.run(3 * second);
  cr_assert(eq(sz, h.count<lost>(), 1));
  cr_assert(eq(u32, +h.last<lost>().election, 137));
}

Test(core_machine_many, a_server_that_takes_fewer_operations_gets_smaller_batches) {
  core_host h;
  h.etcd.most_operations = 17;
  stand_all(h, 200);
  h.run(second);
  cr_assert(eq(sz, leaders(h), 200));
  for (const tenure::core::send& s : h.sent) {
    if (s.what == op::reassure) cr_assert(le(sz, s.items.size(), 17));
  }
  cr_assert(eq(sz, h.count<trouble>() + h.count<stand_delayed>(), 0),
            "it is no trouble for the user");
}

Test(core_machine_many, a_server_that_takes_smaller_requests_gets_smaller_batches) {
  core_host h;
  h.etcd.room = 17;
  stand_all(h, 200);
  h.run(10 * second);
  cr_assert(eq(sz, leaders(h), 200));
  std::size_t refused = 0;
  for (const tenure::core::send& s : h.sent) {
    if (s.items.size() > h.etcd.room) ++refused;
  }
  // From 126 entries to 63, 31 and 15, two batches at a time, and once for each kind of request.
  cr_assert(le(sz, +refused, 3 * 2 * 3));
  cr_assert(eq(sz, h.count<trouble>() + h.count<stand_delayed>(), 0),
            "it is no trouble for the user");
  h.forget();
  h.run(second);
  for (const tenure::core::send& s : h.sent) cr_assert(le(sz, s.items.size(), 17));
}

Test(core_machine_many, batches_grow_again_slowly_where_a_limit_is_lifted) {
  core_host h;
  h.etcd.room = 3;
  stand_all(h, 100);
  h.run(5 * second);
  h.etcd.room = 1000;
  h.forget();
  h.run(120 * second);
  std::size_t largest = 0;
  for (const tenure::core::send& s : h.sent) {
    if (s.what == op::reassure) largest = std::max(largest, s.items.size());
  }
  cr_assert(ge(sz, +largest, 6));
  cr_assert(le(sz, +largest, 12));
  cr_assert(eq(sz, leaders(h), 100));
}

Test(core_machine_many, one_election_that_is_too_large_alone_is_told_of_and_asked_for_with_pauses) {
  core_host h;
  h.etcd.room = 0;
  stand_all(h, 200);
  h.run(10 * second);
  cr_assert(eq(sz, leaders(h), 0));
  cr_assert(gt(sz, h.count<stand_delayed>(), 0));
  cr_assert(lt(sz, h.count(op::stand), 100));
}

Test(core_machine_many, a_server_that_takes_no_operations_at_all_is_not_asked_without_a_pause) {
  core_host h;
  h.etcd.most_operations = 0;
  stand_all(h, 200);
  h.run(10 * second);
  cr_assert(eq(sz, leaders(h), 0));
  cr_assert(lt(sz, h.count(op::stand), 100));
}

Test(core_machine_many, all_are_lost_at_the_deadline_each_told_once) {
  core_host h;
  stand_all(h, 300);
  h.run(100 * millisecond);
  h.forget();
  h.wait(10 * second);
  cr_assert(eq(sz, h.count<cancelled>(), 300));
  cr_assert(eq(sz, h.count<lost>(), 300));
  std::set<election_id> each;
  for (const lost& it : h.all<lost>()) each.insert(it.election);
  cr_assert(eq(sz, each.size(), 300));
}

Test(core_machine_many, a_revoked_lease_brings_all_back_under_a_new_one) {
  core_host h;
  stand_all(h, 300);
  h.run(100 * millisecond);
  h.etcd.revoke(h.lease());
  h.run(3 * second);
  cr_assert(eq(i64, h.lease(), 1001));
  cr_assert(eq(sz, leaders(h), 300));
  cr_assert(eq(sz, h.count<lost>(), 300));
  for (const lost& it : h.all<lost>()) cr_assert(it.why == cause::lease_gone);
}

Test(core_machine_many, closing_revokes_once_for_all) {
  core_host h;
  stand_all(h, 300);
  h.serve_all();
  h.feed(tenure::core::close{});
  h.run(2 * second);
  cr_assert(h.finished);
  cr_assert(eq(sz, h.count(op::revoke), 1));
  cr_assert(eq(sz, h.count(op::withdraw), 0));
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_many, resignations_share_their_transactions) {
  core_host h;
  stand_all(h, 100);
  h.run(100 * millisecond);
  for (election_id id = 0; id < 100; ++id) h.feed(resign{id});
  h.wait(second);  // their graces are over together
  h.serve_all();
  cr_assert(eq(sz, h.count(op::withdraw), 1));
  cr_assert(eq(sz, h.count<resigned>(), 100));
}

Test(core_machine_many, one_that_differs_costs_its_batch_a_second_try_and_nobody_anything_else) {
  core_host h;
  for (election_id id : {3, 140, 290}) h.etcd.put(id, 0x77);
  stand_all(h, 300);
  h.serve_all();
  cr_assert(eq(sz, leaders(h), 297));
  cr_assert(le(sz, h.count(op::stand), 13), "at most three together and ten entry by entry");
  cr_assert(eq(sz, h.count<position>(), 3));
  cr_assert(eq(sz, h.count<trouble>() + h.count<stand_delayed>(), 0));
}

Test(core_machine_many, leaders_are_reassured_together_again_once_the_one_that_differed_is_gone) {
  core_host h;
  stand_all(h, 100);
  h.run(100 * millisecond);
  h.etcd.remove(50, h.lease());
  h.lose_events();
  h.run(3 * second);
  h.forget();
  h.run(10 * second);
  cr_assert(gt(sz, h.count(op::reassure), 0));
  for (const tenure::core::send& s : h.sent) {
    if (s.what == op::reassure) cr_assert(s.together);
  }
}

Test(core_machine_many, what_a_full_store_refused_together_may_have_been_executed) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  const tenure::core::send first = *h.find(op::stand);
  h.etcd.execute(first);  // the one that fills it
  h.fail(op::stand, outcome::no_space);
  h.feed(resign{0});
  h.run(2 * second);
  cr_assert(h.etcd.keys.empty(), "it is looked for, and withdrawn");
}

Test(core_machine_many, a_stand_that_was_sent_twice_leaves_no_key_when_nobody_wants_it_any_more) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  const tenure::core::send first = *h.find(op::stand);
  h.etcd.execute(first);
  h.feed(resign{0});
  h.serve_all();  // what its second execution says: it differs
  h.run(2 * second);
  cr_assert(h.etcd.keys.empty());
}

Test(core_machine_many, a_lost_session_cancels_all_at_once_and_tells_them_in_slices) {
  core_host h;
  stand_all(h, 1000);
  h.run(100 * millisecond);
  h.etcd.revoke(h.lease());
  h.cut();  // the watch does not tell: the next keepalive finds out
  h.forget();
  h.feed(woke{});
  for (int i = 0; i < 1000 && h.count<lease_lost>() == 0; ++i) {
    h.now = std::max(h.now, h.m.next_wake());
    h.feed(woke{});
    while (!h.open.empty() && h.count<lease_lost>() == 0) h.arrive(h.etcd.execute(h.open.front()));
  }
  cr_assert(eq(sz, h.count<all_cancelled>(), 1));
  cr_assert(le(sz, h.count<lost>(), 2 * 64));
  cr_assert(eq(sz, h.count(op::grant), 0), "nothing new begins before all are told");
  const std::size_t told = h.count<lost>();
  h.feed(woke{});
  cr_assert(le(sz, h.count<lost>(), told + 64));
  // Whoever is talked about meanwhile is told first.
  h.feed(resign{999});
  const auto losses = h.all<lost>();
  cr_assert(
      std::any_of(losses.begin(), losses.end(), [](const lost& it) { return it.election == 999; }));
  h.run(second);
  cr_assert(eq(sz, h.count<lost>(), 1000));
  cr_assert(eq(sz, leaders(h), 999));
}

Test(core_machine_many, a_close_while_a_session_is_being_lost_tells_each_once) {
  core_host h;
  stand_all(h, 500);
  h.run(100 * millisecond);
  h.forget();
  h.freeze(20 * second);
  h.feed(woke{});  // the deadline has passed
  cr_assert(gt(sz, leaders(h), 0));
  h.feed(tenure::core::close{});
  h.turn();
  cr_assert(eq(sz, h.count<cancelled>(), 500));
  cr_assert(eq(sz, h.count<lost>(), 500));
  cr_assert(
      eq(int, static_cast<int>(h.last<lost>().why), static_cast<int>(cause::deadline_passed)));
  h.run(5 * second);
  cr_assert(h.finished);
}

Test(core_machine_many, keys_deleted_by_the_thousand_are_told_in_slices) {
  core_host h;
  stand_all(h, 1000);
  h.run(100 * millisecond);
  h.forget();
  stream_news all;
  all.stream = h.stream->stream;
  all.cluster = h.etcd.cluster;
  for (election_id id = 0; id < 1000; ++id) {
    h.etcd.remove(id, h.lease());
    all.changes.push_back({id, true, h.lease(), 0, h.etcd.revision});
  }
  all.last_revision = h.etcd.revision;
  h.feed(all);
  cr_assert(eq(sz, h.count<cancelled>(), 1000), "the watch's message is the facade's to cut");
  h.serve(op::keepalive);  // the lease lives
  cr_assert(le(sz, h.count<lost>(), 2 * 64));
  h.run(second);
  cr_assert(eq(sz, h.count<lost>(), 1000));
  cr_assert(h.last<lost>().why == cause::key_deleted);
}
