// Who leads, in what order, and what is stored: against a real etcd.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <memory>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::instance;

namespace {

std::vector<std::unique_ptr<instance>> start_in_order(uv_loop_t* loop, const test::etcd& etcd,
                                                      int n) {
  std::vector<std::unique_ptr<instance>> all;
  for (int i = 0; i < n; ++i) {
    all.push_back(std::make_unique<instance>(loop, "i" + std::to_string(i), etcd.endpoints()));
    all.back()->start().await("campaigning");
  }
  return all;
}

void close_all(std::vector<std::unique_ptr<instance>>& all) {
  for (auto& it : all) it->close_and_wait();
}

}  // namespace

Test(election, elects_one_of_ten_and_hands_over_in_the_order_of_the_queue) {
  test::etcd etcd;
  test::loop loop;
  auto all = start_in_order(loop, etcd, 10);
  std::int64_t last = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i]->await("acquired");
    for (std::size_t j = 0; j < all.size(); ++j)
      cr_assert(eq(int, all[j]->candidate.leading(), j == i));
    cr_assert(gt(llong, all[i]->term.fencing_token, last));
    last = all[i]->term.fencing_token;
    cr_assert(not(all[i]->term.token.cancelled()));
    test::ok(all[i]->resign());
    cr_assert(all[i]->term.token.cancelled());
    cr_assert(eq(type(std::string), name(all[i]->term.token.why()), "resigned"));
  }
  // Whoever was second in the queue was told so, and told once that it came nearer.
  cr_assert(all[3]->was_told("position 3"));
  cr_assert(eq(llong, all[3]->count("position 1"), 1));
  close_all(all);
  cr_assert(zero(int, loop.close()));
}

Test(election, tells_a_waiting_candidate_who_leads_and_each_change_of_it) {
  test::etcd etcd;
  test::loop loop;
  auto all = start_in_order(loop, etcd, 3);
  all[2]->await("leader i0");
  cr_assert(eq(llong, all[2]->leader.fencing_token, all[0]->term.fencing_token));
  cr_assert(eq(type(std::string), all[2]->leader.key, all[0]->term.key));
  (void)all[0]->resign();
  all[2]->await("leader i1");
  all[1]->await("acquired");
  cr_assert(eq(llong, all[2]->leader.fencing_token, all[1]->term.fencing_token));
  close_all(all);
  cr_assert(zero(int, loop.close()));
}

Test(election, leaves_the_queue_without_disturbing_it) {
  test::etcd etcd;
  test::loop loop;
  auto all = start_in_order(loop, etcd, 3);
  test::ok(all[1]->resign());
  cr_assert(all[1]->was_told("resigned"));
  cr_assert(not(all[1]->was_told("acquired")));
  all[2]->await("position 1");
  (void)all[0]->resign();
  all[2]->await("acquired");
  cr_assert(not(all[1]->was_told("acquired")));
  close_all(all);
  cr_assert(zero(int, loop.close()));
}

Test(election, stands_again_at_the_end_of_the_queue_with_a_greater_fencing_token) {
  test::etcd etcd;
  test::loop loop;
  auto all = start_in_order(loop, etcd, 2);
  const auto first = all[0]->term.fencing_token;
  (void)all[0]->resign();
  all[1]->await("acquired");
  test::ok(all[0]->candidate.stand_again());
  all[0]->await("position 1");
  (void)all[1]->resign();
  all[0]->await("acquired", 2);
  cr_assert(gt(llong, all[0]->term.fencing_token, first));
  close_all(all);
  cr_assert(zero(int, loop.close()));
}

Test(election, answers_every_resign_whenever_it_is_called) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start();
  // Before the first answer, and twice.
  std::vector<errc> answers;
  for (int i = 0; i < 2; ++i) {
    test::ok(
        a.candidate.resign(milliseconds(5000), [&](const error& e) { answers.push_back(e.code); }));
  }
  cr_assert(answers.empty(), "no callback from within a call");
  test::run_until(loop, [&] { return answers.size() == 2; });
  for (const errc code : answers) cr_assert(eq(type(std::string), name(code), "ok"));
  cr_assert(not(a.was_told("acquired")));
  // When nothing is held.
  test::ok(a.resign());
  cr_assert(
      eq(type(std::string), name((a.candidate.resign(milliseconds(0))).code), "invalid_argument"));
  test::ok(a.candidate.stand_again());
  a.await("acquired");
  cr_assert(eq(type(std::string), name((a.candidate.stand_again()).code), "wrong_state"));
  a.close_and_wait();
  cr_assert(eq(type(std::string), name((a.candidate.resign(milliseconds(100))).code), "closed"));
  cr_assert(zero(int, loop.close()));
}

Test(election, deletes_the_key_only_when_the_work_has_stopped_or_the_grace_is_over) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.options.stop_grace = milliseconds(400);
  a.start().await("acquired");
  b.start().await("position 1");
  bool resigned = false;
  const auto begun = uv_hrtime();
  test::ok(a.candidate.resign(milliseconds(5000), [&](const error&) { resigned = true; }));
  cr_assert(a.term.token.cancelled(), "the token ends before resign returns");
  b.await("acquired");
  cr_assert(ge(ullong, uv_hrtime() - begun, 400u * 1000u * 1000u));
  test::run_until(loop, [&] { return resigned; });
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(election, stores_values_that_say_who_waits_and_who_leads_since_when) {
  test::etcd etcd;
  test::loop loop;
  auto all = start_in_order(loop, etcd, 2);
  std::string stored;
  test::run_until(loop, [&] {
    stored = etcd.etcdctl({"get", "--prefix", "--print-value-only", "app/leader/"});
    return stored.find("\"LeaderSince\":\"2") != std::string::npos;
  });
  cr_assert(ne(ullong, stored.find("\"Instance\":\"i0\""), std::string::npos));
  cr_assert(ne(ullong, stored.find("\"LastSeen\":\"2"), std::string::npos));
  cr_assert(ne(ullong, stored.find("\"Instance\":\"i1\",\"SeekingLeadershipSince\":\"2"),
               std::string::npos));
  // The key still ends with the lease after its value was rewritten.
  close_all(all);
  cr_assert(etcd.etcdctl({"get", "--prefix", "app/"}).empty());
  cr_assert(etcd.etcdctl({"lease", "list"}).find("found 0 leases") != std::string::npos);
  cr_assert(zero(int, loop.close()));
}

Test(election, of_each_shard_is_its_own) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  std::vector<candidate> shards(3);
  std::vector<std::int64_t> terms(shards.size());
  int acquired = 0;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    candidate_options o;
    o.shard = "s" + std::to_string(i);
    candidate_events e;
    e.acquired = [&, i](const leadership& term) {
      ++acquired;
      terms[i] = term.fencing_token;
    };
    test::ok(shards[i].stand(a.session, o, e));
  }
  candidate twice;
  candidate_options same;
  same.shard = "s1";
  cr_assert(eq(type(std::string), name((twice.stand(a.session, same, {})).code), "wrong_state"));
  test::run_until(loop, [&] { return acquired == 3; });
  cr_assert(eq(ullong, a.session.stats().leases, 1));
  // One resigns; the others are left alone.
  bool done = false;
  test::ok(shards[1].resign(milliseconds(5000), [&](const error&) { done = true; }));
  shards[1].work_stopped(terms[1]);
  test::run_until(loop, [&] { return done; });
  cr_assert(shards[0].leading() && !shards[1].leading() && shards[2].leading() &&
            a.candidate.leading());
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
