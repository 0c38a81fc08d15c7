// The cluster behind the answers: another one, one restored from a backup, other TTLs;
// authentication; and those who only observe.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <set>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

constexpr std::int64_t other = 0x77;

settings with(std::size_t endpoint_count, bool authenticate = false) {
  settings s;
  s.endpoint_count = endpoint_count;
  s.authenticate = authenticate;
  return s;
}

}  // namespace

Test(core_machine_world, an_answer_without_a_header_is_none) {
  core_host h;
  h.feed(stand{0, true});
  answer a = h.execute(op::grant);
  a.cluster = 0;
  h.arrive(a);
  cr_assert(eq(sz, h.count<lease_granted>(), 0));
  cr_assert(h.last<trouble>().why == outcome::bad_answer);
}

Test(core_machine_world,
     an_endpoint_of_another_cluster_is_refused_redialled_and_the_next_one_asked) {
  core_host h(with(2));
  h.stand();
  h.forget();
  h.wait(2 * second);
  answer foreign = h.execute(op::keepalive);
  const std::uint32_t first = h.find(op::keepalive)->endpoint;
  foreign.cluster = 8;
  foreign.ttl = 0;  // of course it does not know our lease
  h.arrive(foreign);
  cr_assert(h.leads());
  cr_assert(h.find(op::keepalive) != nullptr);
  cr_assert(ne(u32, +h.find(op::keepalive)->endpoint, +first));
  cr_assert(eq(sz, h.redialled.size(), 1));
  cr_assert(eq(u32, h.redialled[0], +first));
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_machine_world, a_watch_of_another_cluster_is_closed_unheard_and_redialled) {
  core_host h;
  h.etcd.put(0, other);
  h.stand();
  stream_news n;
  n.stream = h.stream->stream;
  n.cluster = 8;
  n.last_revision = 5000;
  n.changes.push_back({0, true, other, 0, 5000});
  h.feed(n);
  cr_assert(not(h.leads()));
  cr_assert(eq(sz, h.closed_streams.size(), 1));
  cr_assert(eq(sz, h.redialled.size(), 1));
}

Test(core_machine_world, addresses_that_turn_up_later_are_raced_and_those_that_are_gone_are_not) {
  core_host h(with(1));
  h.stand();
  h.feed(endpoints_changed{0b111, 0b110});
  h.forget();
  h.wait(2 * second);
  cr_assert(h.find(op::keepalive) != nullptr);
  h.wait(2 * h.m.times().hedge_after + 1);
  std::set<std::uint32_t> asked;
  for (const tenure::core::send& s : h.open) {
    if (s.what == op::keepalive) asked.insert(s.endpoint);
  }
  cr_assert(eq(sz, asked.size(), 3));
  h.feed(endpoints_changed{0b100, 0});
  h.serve_all();
  h.forget();
  h.run(5 * second);
  cr_assert(h.leads());
  h.open.clear();
  h.wait(2 * second);
  for (const tenure::core::send& s : h.open) cr_assert(eq(u32, +s.endpoint, 2U));
}

Test(core_machine_world, when_history_went_back_every_leadership_ends_and_begins_anew) {
  core_host h;
  h.stand(0);
  h.stand(1);
  h.run(100 * millisecond);
  h.forget();
  h.etcd.revision = 40;  // restored from a backup, where none of our keys is
  h.etcd.keys.clear();
  h.etcd.events.clear();
  h.run(2100 * millisecond);
  cr_assert(eq(sz, h.count<lost>(), 2));
  cr_assert(h.last<lost>().why == cause::cluster_changed);
  cr_assert(h.last<lease_lost>().why == cause::cluster_changed);
  h.run(3 * second);
  cr_assert(h.leads(0));
  cr_assert(h.leads(1));
  cr_assert(lt(i64, h.last<acquired>().fencing_token, 60));
  cr_assert(lt(i64, +h.streams.back().revision, 60));
}

Test(core_machine_world, when_history_went_back_observers_read_again_and_not_for_ever) {
  core_host h;
  h.etcd.revision = 5000;
  h.etcd.put(0, other);
  h.etcd.put(1, other);
  h.feed(observe{0, true});
  h.feed(observe{1, true});
  h.serve_all();
  cr_assert(eq(sz, h.count<leader_changed>(), 2));
  h.forget();
  // Both leaders changed, and the first one's end is heard just before the backup is restored.
  h.push({0, true, other, 0, 5003});
  h.etcd.revision = 40;
  h.etcd.keys.clear();
  h.etcd.put(0, 0x88);
  h.etcd.put(1, 0x99);
  h.etcd.events.clear();
  h.run(2 * second);  // no reading waits for a revision that will not come
  cr_assert(eq(i64, +h.m.standings().at(0).leader.revision, 41));
  cr_assert(eq(i64, +h.m.standings().at(1).leader.revision, 42));
}

Test(core_machine_world, what_the_watch_has_told_cannot_be_news_to_the_cluster) {
  core_host h;
  h.etcd.put(0, other);
  h.stand();
  h.push({0, true, 0x55, 0, 5003});
  h.run(4 * second);  // the cluster is far behind that: it was restored
  cr_assert(h.last<lease_lost>().why == cause::cluster_changed);
}

Test(core_machine_world, what_was_compacted_has_been) {
  core_host h;
  h.etcd.put(0, other);
  h.stand();
  h.canceled(tenure::core::outcome::compacted, 5003);
  h.forget();  // the cluster is far behind that: it was restored
  h.run(2 * second);
  cr_assert(h.last<lease_lost>().why == cause::cluster_changed);
  cr_assert(lt(sz, h.count(op::read_queue), 10),
            "no reading waits for a revision that will not come");
}

Test(core_machine_world, a_linearizable_answer_that_was_only_overtaken_is_no_step_back) {
  core_host h;
  h.etcd.put(0, other);
  h.stand();
  h.wait(4 * second);
  const answer confirmed = h.execute(op::confirm);
  h.etcd.revision += 50;
  h.feed(observe{1, true});
  h.serve(op::read_leader);  // knows more than the confirmation that arrives after it
  h.arrive(confirmed);
  cr_assert(eq(sz, h.count<lease_lost>(), 0));
  cr_assert(h.standing() == standing::queued);
}

Test(core_machine_world, all_times_follow_the_ttl_that_was_granted) {
  core_host h;
  h.etcd.granted_ttl = 20 * second;
  h.stand();
  cr_assert(h.leads());
  cr_assert(eq(i64, h.last<lease_granted>().ttl, 20 * second));
  const timings expected = resolve(asked_timings{}, 20 * second);
  cr_assert(eq(i64, +h.m.times().ttl, 20 * second));
  cr_assert(eq(i64, +h.m.times().renew_interval, +expected.renew_interval));
  cr_assert(eq(i64, h.m.cutoff(), h.now + 20 * second - expected.margin - expected.stop_grace));
}

// One member that says so may be wrong. Who believes in a lease for longer than it lives makes two
// leaders.
Test(core_machine_world, a_ttl_that_was_raised_counts_when_another_member_says_the_same) {
  settings s;
  s.endpoint_count = 2;
  core_host h(s);
  h.feed(tenure::core::stand{0});
  h.serve(op::introduce);
  h.serve(op::introduce);
  const std::uint32_t liar = h.find(op::grant)->endpoint;
  answer lie = h.execute(op::grant);
  lie.ttl = 60 * second;
  h.arrive(lie);
  cr_assert(eq(sz, h.count<lease_granted>(), 0));
  const tenure::core::send* asked = h.find(op::keepalive);
  cr_assert(asked != nullptr && asked->endpoint != liar);
  cr_assert(eq(i64, +asked->ttl, 10 * second));
  h.serve_all();
  cr_assert(eq(i64, h.last<lease_granted>().ttl, 10 * second));
  cr_assert(h.leads());
  cr_assert(le(i64, h.m.cutoff(), h.now + 10 * second));
}

Test(core_machine_world, a_ttl_that_was_raised_is_asked_for_until_somebody_answers) {
  core_host h;
  h.etcd.granted_ttl = 20 * second;
  h.feed(tenure::core::stand{0});
  h.serve(op::grant);
  h.fail(op::keepalive, outcome::bad_answer);
  h.wait(second);
  h.fail(op::keepalive, outcome::unavailable);
  h.wait(2 * second);
  h.serve_all();
  cr_assert(eq(i64, h.last<lease_granted>().ttl, 20 * second));
  cr_assert(h.leads());
}

Test(core_machine_world, a_lease_that_ends_before_its_ttl_is_known_is_replaced) {
  core_host h;
  h.etcd.granted_ttl = 20 * second;
  h.feed(tenure::core::stand{0});
  h.serve(op::grant);
  const std::int64_t first = h.lease();
  h.etcd.revoke(first);
  h.run(3 * second);
  cr_assert(h.leads());
  cr_assert(h.lease() != first);
}

Test(core_machine_world,
     a_smaller_ttl_that_the_asked_times_do_not_fit_in_is_refused_and_nobody_leads) {
  settings s;
  s.asked.ttl = 20 * second;
  s.asked.reassure_interval = 5 * second;
  s.asked.reassure_timeout = 5 * second;
  core_host h(s);
  h.etcd.granted_ttl = 10 * second;
  h.stand();
  cr_assert(eq(sz, h.count<timings_refused>(), 1));
  cr_assert(eq(i64, h.last<timings_refused>().ttl, 10 * second));
  cr_assert(eq(sz, h.count<acquired>(), 0));
  cr_assert(h.finished);
  cr_assert(h.etcd.leases.empty());
}

Test(core_machine_world, a_shorter_ttl_in_an_acknowledgement_counts_at_once) {
  core_host h;
  h.stand();
  h.wait(2 * second);
  answer a = h.execute(op::keepalive);
  a.ttl = 6 * second;
  const nanos before = h.m.cutoff();
  h.arrive(a);
  h.serve(op::reassure);
  cr_assert(eq(i64, h.m.cutoff(), +before));  // 2 s + 6 s is less than 0 s + 10 s
  h.wait(2 * second);
  const nanos sent = h.now;
  a = h.execute(op::keepalive);
  a.ttl = 6 * second;
  h.arrive(a);
  h.serve_all();
  cr_assert(le(i64, h.m.cutoff(), sent + 6 * second));
}

Test(core_machine_world, logs_in_before_anything_else_and_only_once) {
  core_host h(with(1, true));
  h.feed(stand{0, true});
  h.feed(stand{1, true});
  h.feed(observe{2, true});
  cr_assert(eq(sz, h.open.size(), 1));
  cr_assert(h.open[0].what == op::authenticate);
  h.serve_all();
  cr_assert(eq(sz, h.count(op::authenticate), 1));
  cr_assert(h.leads(0) && h.leads(1));
}

Test(core_machine_world, a_token_that_expired_is_renewed_without_a_loss) {
  core_host h(with(1, true));
  h.stand();
  h.run(100 * millisecond);
  h.forget();
  h.wait(2 * second);
  h.fail(op::keepalive, outcome::token_invalid);
  cr_assert(eq(sz, h.count(op::authenticate), 1));
  h.serve_all();
  h.run(20 * second);
  cr_assert(h.leads());
  cr_assert(eq(sz, h.count(op::authenticate), 1));
  cr_assert(eq(sz, h.count<lost>(), 0));
}

Test(core_machine_world, a_watch_refused_for_its_token_is_opened_again_after_a_login) {
  core_host h(with(1, true));
  h.etcd.put(0, other);
  h.stand();
  h.forget();
  h.canceled(outcome::token_invalid);
  h.wait(2 * second);
  cr_assert(h.streams.empty());
  cr_assert(h.find(op::authenticate) != nullptr);
  h.run(second);
  cr_assert(eq(sz, h.streams.size(), 1));
}

Test(core_machine_world, an_observer_whose_watch_is_refused_for_its_token_logs_in_again) {
  for (const bool by_status : {false, true}) {
    core_host h(with(1, true));
    h.feed(observe{0, true});
    h.serve_all();
    h.forget();
    if (by_status) {
      h.cut(outcome::token_invalid);
    } else {
      h.canceled(outcome::token_invalid);
    }
    h.run(10 * second);
    cr_assert(eq(sz, h.count(op::authenticate), 1));
    cr_assert(eq(sz, h.streams.size(), 1));
  }
}

Test(core_machine_world, an_observer_needs_no_lease_and_hears_of_puts) {
  core_host h;
  h.feed(observe{0, true});
  h.serve_all();
  cr_assert(eq(sz, h.count(op::grant), 0));
  cr_assert(h.stream.has_value() && h.stream->puts);
  cr_assert(eq(sz, h.count<leader_changed>(), 1));
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, 0), "nobody");
}

Test(core_machine_world, an_observer_is_told_of_each_change_and_of_the_end) {
  core_host h;
  h.feed(observe{0, true});
  h.serve_all();
  const std::int64_t first = h.etcd.put(0, 1);
  h.serve_all();
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, +first));
  const std::int64_t next = h.etcd.put(0, 2);
  h.serve_all();
  cr_assert(eq(sz, h.count<leader_changed>(), 2), "one more in the queue is not another leader");
  h.etcd.remove(0, 1);
  h.serve_all();
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, +next));
  h.etcd.remove(0, 2);
  h.serve_all();
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, 0));
  cr_assert(eq(sz, h.count<leader_changed>(), 4));
}

Test(core_machine_world,
     an_observer_names_the_older_of_two_that_came_between_its_reading_and_its_watch) {
  core_host h;
  h.feed(observe{0, true});
  h.serve(op::read_leader);
  const std::int64_t first = h.etcd.put(0, 1);
  h.etcd.put(0, 2);
  h.serve_all();
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, +first));
}

Test(core_machine_world, an_observer_that_was_cut_off_beyond_a_compaction_reads_again) {
  core_host h;
  h.etcd.put(0, 1);
  h.feed(observe{0, true});
  h.serve_all();
  h.etcd.remove(0, 1);
  h.lose_events();
  h.canceled(outcome::compacted, h.etcd.revision);
  h.serve_all();
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, 0));
}

Test(core_machine_world, a_reading_of_the_leader_older_than_the_compaction_is_repeated) {
  core_host h;
  h.etcd.put(0, 1);
  h.feed(observe{0, true});
  h.serve_all();
  h.etcd.put(0, 2);
  h.push({0, true, 1, 0, h.etcd.revision});
  const answer before = h.execute(op::read_leader);
  h.etcd.remove(0, 1);
  h.etcd.remove(0, 2);
  h.lose_events();
  h.canceled(outcome::compacted, h.etcd.revision);
  h.arrive(before);
  h.serve_all();
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, 0));
}

Test(core_machine_world, after_its_end_an_observer_asks_nothing_and_closes_the_watch) {
  core_host h;
  h.feed(observe{0, true});
  h.serve_all();
  h.feed(observe{0, false});
  cr_assert(not(h.stream.has_value()));
  cr_assert(eq(i64, h.m.next_wake(), +never));
}

Test(core_machine_world, observing_what_it_stands_in_tells_of_itself_too) {
  core_host h;
  h.feed(observe{0, true});
  h.stand();
  cr_assert(h.leads());
  cr_assert(eq(i64, h.last<leader_changed>().create_revision, h.last<acquired>().fencing_token));
}
