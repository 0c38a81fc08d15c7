// Following an election without standing in it: against a real etcd.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::instance;

namespace {

struct follower {
  tenure::session session;
  tenure::observer observer;
  std::vector<std::string> seen;  // the leader's instance, "-" for none
  bool closed = false;

  void start(uv_loop_t* loop, const test::etcd& etcd, const std::string& shard = "") {
    session_options o;
    o.endpoints = etcd.endpoints();
    o.app = "app";
    o.instance = "follower";
    test::ok(session.open(loop, o));
    observer_events e;
    e.leader = [this](const leader_info& who) {
      seen.push_back(who ? (who.instance.empty() ? who.value : who.instance) : "-");
    };
    test::ok(observer.follow(session, shard, e));
  }
  void close(uv_loop_t* loop) {
    session.close([this] { closed = true; });
    test::run_until(loop, [this] { return closed; });
  }
};

}  // namespace

Test(observing, tells_the_present_leader_then_every_change_then_nobody) {
  test::etcd etcd;
  test::loop loop;
  follower f;
  f.start(loop, etcd);
  test::run_until(loop, [&] { return f.seen.size() == 1; });
  cr_assert(eq(type(std::string), f.seen[0], "-"));
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.start().await("acquired");
  test::run_until(loop, [&] { return f.seen.size() == 2; });
  cr_assert(eq(type(std::string), f.seen[1], "a"));
  b.start().await("campaigning");
  test::ok(a.resign());
  test::run_until(loop, [&] { return f.seen.back() == "b"; });
  b.close_and_wait();
  test::run_until(loop, [&] { return f.seen.back() == "-"; });
  a.close_and_wait();
  cr_assert(eq(ullong, f.seen.size(), 4), "LastSeen is no change of leader");
  f.close(loop);
  cr_assert(eq(ullong, f.session.stats().leases, 0), "an observer needs no lease");
  cr_assert(zero(int, loop.close()));
}

Test(observing, tells_of_foreign_leaders_by_their_value) {
  test::etcd etcd;
  test::loop loop;
  auto elect = etcd.etcdctl_process({"elect", "app/s1/leader", "foreign"});
  elect.line_with("foreign");
  follower f;
  f.start(loop, etcd, "s1");
  test::run_until(loop, [&] { return !f.seen.empty(); });
  cr_assert(eq(type(std::string), f.seen[0], "foreign"));
  elect.signal(SIGINT);
  test::run_until(loop, [&] { return f.seen.back() == "-"; });
  f.close(loop);
  cr_assert(zero(int, loop.close()));
}

Test(observing, comes_to_the_truth_after_a_disconnection_with_a_compaction) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  follower f;
  f.start(loop, etcd);
  test::run_until(loop, [&] { return !f.seen.empty(); });
  // Our loop does not turn while all this happens, and the connection is cut in between.
  etcd.etcdctl({"del", a.term.key});
  const std::string lease = etcd.etcdctl({"lease", "grant", "60"}).substr(6, 16);
  etcd.etcdctl({"put", "app/leader/" + lease, "stranger", "--lease=" + lease});
  for (int i = 0; i < 3; ++i) etcd.etcdctl({"put", "x", "y"});
  const std::string revision = etcd.etcdctl({"get", "x", "--write-out=json"});
  const auto at = revision.find("\"revision\":") + 11;
  etcd.etcdctl({"compact", revision.substr(at, revision.find(',', at) - at)});
  etcd.restart();
  test::run_until(loop, [&] { return f.seen.back() == "stranger"; });
  a.close_and_wait();
  f.close(loop);
  cr_assert(zero(int, loop.close()));
}

Test(observing, several_observers_of_one_election_each_come_and_go_alone) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  follower f;
  f.start(loop, etcd);
  std::vector<std::string> second;
  observer other;
  observer_events e;
  e.leader = [&](const leader_info& who) { second.push_back(who.instance); };
  test::ok(other.follow(f.session, "", e));
  test::run_until(loop, [&] { return f.seen.size() == 1 && second.size() == 1; });
  bool closed = false;
  cr_assert(f.observer.close([&] { closed = true; }));
  test::run_until(loop, [&] { return closed; });
  test::ok(a.resign());
  test::run_until(loop, [&] { return second.size() == 2; });
  cr_assert(eq(ullong, f.seen.size(), 1));
  a.close_and_wait();
  f.close(loop);
  cr_assert(zero(int, loop.close()));
}

Test(observing, who_begins_late_is_not_told_whom_a_candidate_waited_for_long_ago) {
  test::etcd etcd;
  test::loop loop;
  instance b(loop, "b", etcd.endpoints());
  b.start().await("acquired");
  instance a(loop, "a", etcd.endpoints());
  a.start();
  test::run_until(loop, [&] { return a.leader.instance == "b"; });
  b.close_and_wait();
  a.await("acquired");
  std::vector<std::string> seen;
  observer late;
  observer_events e;
  e.leader = [&](const leader_info& who) { seen.push_back(who.instance); };
  test::ok(late.follow(a.session, "", e));
  test::run_until(loop, [&] { return !seen.empty(); });
  cr_assert(eq(type(std::string), seen[0], "a"));
  a.close_and_wait();
  cr_assert(eq(ullong, seen.size(), 1));
  cr_assert(zero(int, loop.close()));
}
