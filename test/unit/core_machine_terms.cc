// Terms that fall: a cluster restored from a backup, or somebody who said a term that never was.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

settings with(std::size_t endpoint_count) {
  settings s;
  s.endpoint_count = endpoint_count;
  return s;
}

// Leads under term 9.
struct leading_host : core_host {
  explicit leading_host(std::size_t endpoints = 3) : core_host(with(endpoints)) {
    etcd.term = 9;
    stand();
    run(3 * second);
    forget();
  }
  // One answer says a term that is the greatest of all.
  void lie(op what) {
    while (find(what) == nullptr) wait(10 * millisecond);
    answer a = execute(what);
    a.term = std::uint64_t{1} << 60;
    arrive(a);
  }
  // The user's work stops whenever it should.
  void run_with_user(nanos span) {
    for (const nanos end = now + span; now < end;) {
      run(500 * millisecond);
      if (standing() == standing::stopping) stop_work(0);
    }
  }
};

}  // namespace

Test(core_machine_terms, a_cluster_restored_under_lower_terms_is_led_again_within_three_ttls) {
  for (const std::size_t endpoints : {std::size_t{1}, std::size_t{3}}) {
    leading_host h(endpoints);
    const std::int64_t before = h.lease();
    h.etcd.term = 3;
    h.run_with_user(9 * second);
    cr_assert(not(h.leads()), "no answer moves the deadline");
    cr_assert(eq(i64, h.lease(), +before), "old leases may still be believed in");
    h.run_with_user(7 * second);
    cr_assert(ne(i64, h.lease(), +before));
    cr_assert(h.last<lease_lost>().why == cause::cluster_changed);
    h.etcd.revoke(before);  // nobody keeps it alive
    h.run_with_user(second);
    cr_assert(h.leads());
  }
}

Test(core_machine_terms, one_answer_with_an_absurd_term_does_not_last) {
  for (const op what : {op::keepalive, op::reassure}) {
    leading_host h;
    const std::int64_t before = h.lease();
    h.lie(what);
    h.run_with_user(16 * second);
    cr_assert(ne(i64, h.lease(), +before));
    h.etcd.revoke(before);
    h.run_with_user(second);
    cr_assert(h.leads());
    cr_assert(lt(u64, +h.m.counts().term, std::uint64_t{1} << 60));
  }
}

Test(core_machine_terms, who_has_only_one_endpoint_that_answers_waits_twice_as_long) {
  leading_host h(2);
  const std::int64_t before = h.lease();
  h.etcd.term = 3;
  const auto others_silent = [&](nanos span) {
    for (const nanos end = h.now + span; h.now < end;) {
      h.wait(100 * millisecond);
      const std::vector<tenure::core::send> asked = h.open;
      for (const tenure::core::send& s : asked) {
        if (s.endpoint == 0) h.arrive(h.etcd.execute(s));
      }
      if (h.standing() == standing::stopping) h.stop_work(0);
    }
  };
  others_silent(18 * second);
  cr_assert(eq(i64, h.lease(), +before));
  others_silent(12 * second);
  cr_assert(ne(i64, h.lease(), +before));
}

Test(core_machine_terms, low_terms_among_good_ones_change_nothing) {
  leading_host h;
  const std::int64_t before = h.lease();
  for (int i = 0; i < 60; ++i) {
    h.wait(second);
    while (!h.open.empty()) {
      answer a = h.etcd.execute(h.open.front());
      if (i % 3 != 0) a.term = 2;
      h.arrive(a);
    }
  }
  cr_assert(h.leads());
  cr_assert(eq(i64, h.lease(), +before));
}

Test(core_machine_terms, a_waiting_candidate_gives_way_too) {
  core_host h;
  h.etcd.term = 9;
  h.etcd.put(0, 0x77);
  h.stand();
  const std::int64_t before = h.lease();
  h.etcd.term = 3;
  h.run(20 * second);
  cr_assert(ne(i64, h.lease(), +before), "its old key blocks nobody for ever");
  h.etcd.revoke(before);
  h.etcd.remove(0, 0x77);
  h.run(second);
  cr_assert(h.leads());
}

Test(core_machine_terms,
     a_watch_that_speaks_under_a_lower_term_is_closed_unheard_and_another_one_opened) {
  core_host h(with(2));
  h.etcd.term = 9;
  h.etcd.put(0, 0x77);
  h.stand();
  stream_news n;
  n.stream = h.stream->stream;
  n.cluster = h.etcd.cluster;
  n.term = 8;
  n.last_revision = h.etcd.revision + 1;
  n.changes.push_back({0, true, 0x77, 0, n.last_revision});
  h.feed(n);
  cr_assert(not(h.leads()), "the key in front is still there");
  cr_assert(eq(sz, h.closed_streams.size(), 1));
  cr_assert(h.last<trouble>().why == outcome::bad_answer);
  h.wait(h.m.times().retry_delay);
  cr_assert(ne(u64, +h.stream->stream, +n.stream));
  n.stream = h.stream->stream;
  n.term = 9;
  h.feed(n);
  cr_assert(h.leads(), "whoever knows the term is believed");
}
