// etcd restarts, members die, endpoints refuse or belong elsewhere: against real etcds.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/proxy.hpp"

using namespace tenure;
using test::instance;

namespace {

// How often the loop has turned.
class turns {
 public:
  explicit turns(uv_loop_t* loop) {
    uv_prepare_init(loop, &prepare_);
    prepare_.data = this;
    uv_prepare_start(&prepare_, [](uv_prepare_t* p) { ++static_cast<turns*>(p->data)->count; });
    uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
  }
  turns(const turns&) = delete;
  turns& operator=(const turns&) = delete;
  void close() { uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr); }

  std::size_t count = 0;

 private:
  uv_prepare_t prepare_{};
};

std::string dead_endpoint() { return "http://127.0.0.1:" + std::to_string(test::free_port()); }

}  // namespace

Test(outages, a_restart_of_etcd_shorter_than_the_deadline_costs_no_leadership) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(30000);
  a.start().await("acquired");
  etcd.restart();
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals > renewals; });
  cr_assert(not(a.term.token.cancelled()));
  cr_assert(eq(llong, a.count("acquired"), 1));
  // The watch works again as well.
  etcd.etcdctl({"del", a.term.key});
  a.await("lost key_deleted");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(outages,
     a_longer_one_ends_the_leadership_at_the_deadline_and_the_candidate_comes_back_by_itself) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(4000);
  a.options.stop_grace = milliseconds(1000);
  a.start().await("acquired");
  const auto first = a.term;
  etcd.kill();
  uv_run(loop, UV_RUN_NOWAIT);  // what had been answered; there is no more
  const auto deadline = uv_hrtime() + static_cast<std::uint64_t>(first.token.time_left().count());
  // The deadline and the last reassurance lie close together; either may be the first to be missed.
  test::run_until(loop, [&] {
    return a.was_told("lost deadline_passed") || a.was_told("lost reassurance_timed_out");
  });
  cr_assert(first.token.cancelled());
  const auto lost = a.when(a.was_told("lost deadline_passed") ? "lost deadline_passed"
                                                              : "lost reassurance_timed_out");
  // The callback may be late, but not so late that the grace for stopping is gone and etcd could
  // have given the key away.
  cr_assert(le(ullong, lost, deadline + 1000000000u));
  cr_assert(a.was_told("jeopardy"));
  cr_assert(not(a.troubles.empty()));
  etcd.start();
  a.await("acquired", 2);
  cr_assert(gt(llong, a.term.fencing_token, first.fencing_token));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(outages, etcd_may_be_down_when_everything_starts) {
  test::etcd etcd;
  etcd.kill();
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.retry_delay = milliseconds(50);
  a.start().await("trouble unreachable", 3);
  etcd.start();
  a.await("acquired");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

// Backoff bounds it, on any machine: a slow one does less.
Test(outages, of_all_endpoints_are_met_by_few_connections_and_a_loop_that_rests) {
  constexpr std::size_t seconds = 3;
  test::etcd etcd;
  for (const bool leading : {true, false}) {
    test::loop loop;
    {
      test::proxy one(loop, etcd.endpoint());
      test::proxy two(loop, etcd.endpoint());
      const auto connections = [&] { return one.accepted() + two.accepted(); };
      instance a(loop, "a", {one.url(), two.url()});
      a.options.ttl = milliseconds(60000);
      if (leading) a.start().await("acquired");
      for (test::proxy* each : {&one, &two}) each->both(test::traffic::reset());
      if (!leading) a.start();
      turns each(loop);
      const std::size_t before = connections();
      test::run_for(loop, static_cast<int>(seconds) * 1000);
      cr_expect(gt(sz, connections() - before, 0));
      cr_expect(le(sz, connections() - before, 15 * seconds));
      cr_expect(le(sz, +each.count,
                   40 * (connections() - before) + 100 * seconds));  // the proxies turn it, too
      each.close();
      one.close();
      two.close();
      a.close_and_wait();
    }
    cr_assert(zero(int, loop.close()));
  }
}

Test(outages, of_one_endpoint_among_several_are_gone_round) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", {dead_endpoint(), etcd.endpoint(), dead_endpoint()});
  a.start().await("acquired");
  const auto before = a.session.stats();
  test::run_until(loop, [&] { return a.session.stats().renewals >= before.renewals + 3; });
  // The dead ones are not tried first each time. So a round costs one keepalive, one confirmation,
  // and now and then a reassurance.
  const auto after = a.session.stats();
  cr_assert(le(ullong, after.requests - before.requests, 4 * (after.renewals - before.renewals)));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(outages, a_member_that_dies_or_freezes_costs_no_leadership_in_a_cluster_of_three) {
  test::etcd etcd(3);
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(12000);
  a.start().await("acquired");
  for (std::size_t member = 0; member < 3; ++member) {
    etcd.stop(member);
    const auto renewals = a.session.stats().renewals;
    test::run_until(loop, [&] { return a.session.stats().renewals >= renewals + 3; });
    etcd.cont(member);
    etcd.await_healthy(member);
  }
  etcd.kill(0);
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals >= renewals + 3; });
  cr_assert(eq(llong, a.count("acquired"), 1));
  cr_assert(not(a.term.token.cancelled()));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(outages, two_clusters_in_one_list_elect_nobody_whichever_answers_first) {
  test::etcd one;
  test::etcd other;
  test::loop loop;
  instance a(loop, "a", {one.endpoint(), other.endpoint()});
  instance b(loop, "b", {other.endpoint(), one.endpoint()});
  for (instance* i : {&a, &b}) i->start();
  for (instance* i : {&a, &b}) i->await("trouble wrong_cluster", 3);
  for (const test::etcd* each : {&one, &other}) {
    cr_assert(each->etcdctl({"get", "--prefix", "--keys-only", "app/"}).empty());
  }
  other.kill();  // what answers now is one cluster
  test::run_until(loop, [&] { return a.was_told("acquired") || b.was_told("acquired"); });
  test::run_until(loop, [&] { return a.was_told("position 1") || b.was_told("position 1"); });
  cr_assert(eq(llong, a.count("acquired") + b.count("acquired"), 1));
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(outages, an_endpoint_that_comes_back_in_another_cluster_is_refused) {
  test::etcd one;
  test::etcd other;
  test::loop loop;
  instance a(loop, "a", {one.endpoint(), other.endpoint()});
  other.kill();
  a.start().await("acquired");
  other.restart();
  one.kill();
  a.await("trouble wrong_cluster");
  cr_assert(other.etcdctl({"get", "--prefix", "app/"}).empty(),
            "nothing of ours may live in the other cluster");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(outages, a_full_database_costs_no_leadership_and_is_reported) {
  test::etcd etcd(1, {"--quota-backend-bytes", "4194304"});
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.start().await("acquired");
  const std::string big(700000, 'x');
  // etcd 3.5 counts only what it has committed to its file.
  bool full = false;
  for (int i = 0; i < 200 && !full; ++i) {
    full =
        etcd.post("/v3/kv/put", "{\"key\":\"ZmlsbA==\",\"value\":\"" + big + "\"}").status != 200;
  }
  cr_assert(full);
  b.start().await("trouble no_space");  // no lease for newcomers
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals >= renewals + 6; });
  cr_assert(eq(llong, a.count("acquired"), 1));
  cr_assert(not(a.term.token.cancelled()));
  test::ok(a.resign());
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
