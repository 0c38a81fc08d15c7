// A history that grows while nobody listens: the watch goes on behind what was read, and never asks
// etcd for more than a bound.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

constexpr std::int64_t other = 0x77;

// Waits behind somebody.
struct waiting_host : core_host {
  explicit waiting_host(const settings& s = {}) : core_host(s) {
    etcd.put(0, other);
    stand();
    forget();
  }
};

}  // namespace

Test(core_machine_history, a_watch_that_breaks_goes_on_behind_the_last_reading_of_the_queue) {
  waiting_host h;
  h.etcd.revision += 500;
  h.run(11 * second);  // the slow reading of the queue
  h.forget();
  const std::int64_t read = h.etcd.revision;
  h.etcd.revision += 3;
  h.cut();
  h.etcd.remove(0, other);
  h.run(second);
  cr_assert(eq(i64, h.streams.at(0).revision, read + 1));
  cr_assert(h.leads());
}

Test(core_machine_history, a_leader_needs_nothing_from_before_its_last_reassurance) {
  core_host h;
  h.stand();
  h.etcd.revision += 500;
  h.run(3 * second);
  h.forget();
  const std::int64_t read = h.etcd.revision;
  h.cut();
  h.turn();
  cr_assert(eq(i64, h.streams.at(0).revision, read + 1));
  cr_assert(h.leads());
}

Test(core_machine_history, the_queue_that_was_read_longest_ago_says_where_to_go_on) {
  core_host h;
  h.etcd.put(0, other);
  h.stand(0);
  const std::int64_t first = h.etcd.revision;
  h.run(3 * second);
  h.etcd.revision += 50;
  h.etcd.put(1, other);
  h.stand(1);
  h.forget();
  h.cut();
  h.etcd.remove(0, other);
  h.run(100 * millisecond);
  cr_assert(eq(i64, h.streams.at(0).revision, first + 1));
  cr_assert(h.leads(0));
}

Test(core_machine_history, an_answer_of_before_the_new_beginning_is_not_enough) {
  core_host h;
  h.stand(0);
  h.etcd.put(1, other);
  h.run(1500 * millisecond);
  h.feed(stand{1, true});
  const answer early = h.execute(op::stand);
  h.etcd.remove(1, other);  // the stream is dead, and does not tell
  while (h.find(op::reassure) == nullptr) h.wait(10 * millisecond);
  h.serve(op::reassure);
  h.forget();
  h.cut();
  h.turn();
  cr_assert(eq(i64, h.streams.at(0).revision, h.etcd.revision + 1));
  h.arrive(early);
  cr_assert(not(h.leads(1)));
  h.serve_all();
  cr_assert(h.leads(1));
}

Test(core_machine_history, what_lies_far_back_is_not_asked_for_and_every_queue_is_read_anew) {
  waiting_host h;
  h.etcd.revision += 5 * watch::near;
  h.run(5 * second);  // a confirmation tells of it
  h.etcd.remove(0, other);
  h.lose_events();
  h.forget();
  h.cut();
  h.turn();
  cr_assert(eq(sz, h.streams.size(), 1));
  cr_assert(gt(i64, h.streams[0].revision, 5 * watch::near));
  cr_assert(h.find(op::read_queue) != nullptr);
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_machine_history, nobody_leads_by_a_queue_of_before_what_was_left_out) {
  waiting_host h;
  h.etcd.revision += 5 * watch::near;
  h.run(5 * second);
  h.etcd.remove(0, h.lease());
  h.etcd.put(0, 0x88);
  h.lose_events();
  h.cut();
  h.turn();
  h.created();
  h.etcd.remove(0, other);
  h.deliver();
  cr_assert(not(h.leads()));  // its own key is gone, and it cannot know yet
  h.serve_all();
  cr_assert(h.standing() == standing::queued);
  cr_assert(eq(sz, h.count<acquired>(), 0));
}

Test(core_machine_history, after_a_long_silence_it_looks_first_how_far_the_history_goes) {
  core_host h;
  h.etcd.put(0, other);
  h.feed(observe{0, true});
  h.serve_all();
  h.forget();
  h.wait(60 * second);
  h.etcd.revision += 5 * watch::near;
  h.lose_events();
  if (h.stream) h.cut();
  h.turn();
  cr_assert(h.find(op::look) != nullptr);
  cr_assert(not(h.stream.has_value()), "not before it knows");
  h.serve(op::look);
  cr_assert(gt(i64, h.stream->revision, 5 * watch::near));
  h.serve_all();
  cr_assert(eq(i64, +h.m.standings().at(0).leader.lease, +other));
}

Test(core_machine_history, a_directory_is_read_anew_behind_what_is_left_out) {
  settings s;
  s.endpoint_count = 3;
  core_host h(s);
  h.feed(follow{true});
  h.serve_all();
  cr_assert(eq(sz, h.count<pages_complete>(), 1));
  h.forget();
  h.etcd.revision += 300;  // more than can be sent: the stream ends before anything is heard
  h.cut();
  for (int i = 0; i < 2; ++i) {
    h.turn();
    h.created();
    h.serve(op::read_all);
    h.cut();
  }
  h.run(5 * second);
  cr_assert(eq(i64, h.streams.back().revision, h.etcd.revision + 1));
  cr_assert(ge(sz, h.count<pages_complete>(), 1));
}
