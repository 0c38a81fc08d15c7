// Changes within a cluster of three: leader moves, rolling restarts, minorities, restored backups.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::instance;

namespace {

void await_renewals(uv_loop_t* loop, const instance& i, std::uint64_t more) {
  const auto before = i.session.stats().renewals;
  test::run_until(
      loop, [&] { return i.session.stats().renewals >= before + more; }, 60);
}

}  // namespace

Test(cluster, a_rolling_restart_of_all_members_costs_no_leadership) {
  test::etcd etcd(3);
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(30000);
  a.start().await("acquired");
  for (std::size_t member = 0; member < etcd.size(); ++member) {
    etcd.terminate(member);
    await_renewals(loop, a, 1);
    etcd.start(member);
    etcd.await_healthy(member);
    await_renewals(loop, a, 1);
  }
  cr_assert(eq(llong, a.count("acquired"), 1));
  cr_assert(not(a.term.token.cancelled()));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(cluster, a_member_cut_from_its_quorum_is_left_and_its_watch_replaced) {
  test::etcd etcd(3);
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", {etcd.endpoint(0)});  // sees only a member that will be in the minority
  a.options.ttl = milliseconds(10000);
  b.options.ttl = milliseconds(10000);
  a.start().await("acquired");
  b.start().await("position 1");
  // Without the two others member 0 has no leader: it refuses, and ends its watches.
  etcd.stop(1);
  etcd.stop(2);
  b.await("trouble unavailable");
  cr_assert(not(b.was_told("acquired")), "a minority's answers elect nobody");
  etcd.cont(1);
  etcd.cont(2);
  await_renewals(loop, b, 2);
  a.await("acquired");
  test::ok(a.resign());
  b.await("acquired");
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(cluster, one_restored_from_an_older_backup_ends_the_leadership_and_confirms_nothing) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(30000);
  etcd.etcdctl({"put", "x", "1"});
  const std::string backup = etcd.data_dir() + ".backup";
  etcd.etcdctl({"snapshot", "save", backup});
  for (int i = 0; i < 20; ++i) etcd.etcdctl({"put", "x", "2"});
  a.start().await("acquired");
  const token before = a.term.token;
  etcd.restore(backup);
  test::run_until(
      loop, [&] { return before.cancelled(); }, 60);
  // Either a keepalive finds no lease, or a linearizable answer shows a history that went back. One
  // of them comes first.
  test::run_until(
      loop, [&] { return a.count("lost cluster_changed") + a.count("lost lease_expired") == 1; });
  a.await("acquired", 2);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
