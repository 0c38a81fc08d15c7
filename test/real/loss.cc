// How a leadership ends that was not resigned, and which reason the user is told.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <ctime>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::instance;

namespace {

std::string hex(std::int64_t lease) {
  char text[20];
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(lease));
  return text;
}

std::int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// How long etcd will keep the lease, in whole seconds, rounded down.
std::int64_t seconds_left(const test::etcd& etcd, const std::string& lease) {
  const std::string said = etcd.etcdctl({"lease", "timetolive", lease});
  const std::size_t at = said.find("remaining(");
  if (at == std::string::npos) test::give_up("no time to live: " + said);
  return std::stoll(said.substr(at + std::string("remaining(").size()));
}

std::size_t place(const instance& i, const std::string& what) {
  return static_cast<std::size_t>(std::find(i.told.begin(), i.told.end(), what) - i.told.begin());
}

}  // namespace

Test(loss, of_a_deleted_key_is_told_at_once_and_the_candidate_stands_again) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(60000);  // no timer of ours could notice it in time
  a.start().await("acquired");
  const auto first = a.term;
  etcd.etcdctl({"del", first.key});
  a.await("lost key_deleted");
  cr_assert(a.loss.code == errc::tampered);
  for (const char* evidence :
       {"deleted or replaced", "keepalive was sent", "ms ago", "raft term"}) {
    cr_assert(a.loss.message.find(evidence) != std::string::npos, "%s", a.loss.message.c_str());
  }
  cr_assert(first.token.cancelled());
  cr_assert(eq(type(std::string), name(first.token.why()), "key_deleted"));
  a.await("acquired", 2);
  cr_assert(gt(llong, a.term.fencing_token, first.fencing_token));
  cr_assert(eq(ullong, a.session.stats().leases, 1), "the lease was not to blame");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, of_a_revoked_lease_is_told_at_once_with_that_reason) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(60000);
  a.start().await("acquired");
  const auto token = a.term.token;
  const auto before = a.session.stats().renewals;
  auto then = before;
  a.on_event = [&](const std::string& what) {
    if (what == "lost lease_expired") then = a.session.stats().renewals;
  };
  etcd.etcdctl({"lease", "revoke", hex(a.lease)});
  a.await("lost lease_expired");
  cr_assert(token.cancelled());
  cr_assert(eq(ullong, then, +before), "the keepalive that told of it renewed nothing");
  a.await("session lost lease_gone");
  a.await("acquired", 2);
  cr_assert(eq(ullong, a.session.stats().leases, 2));
  cr_assert(lt(ullong, place(a, "lost lease_expired"), a.told.size() - 1));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, of_a_waiting_candidates_lease_never_makes_it_leader_and_it_stands_again) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  instance c(loop, "c", etcd.endpoints());
  for (instance* i : {&a, &b, &c}) {
    i->options.ttl = milliseconds(60000);
    i->start().await("campaigning");
  }
  etcd.etcdctl({"lease", "revoke", hex(b.lease)});
  b.await("campaigning", 2);  // behind c now
  test::ok(a.resign());
  c.await("acquired");
  cr_assert(not(b.was_told("acquired")));
  test::ok(c.resign());
  b.await("acquired");
  for (instance* i : {&a, &b, &c}) i->close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, of_a_waiting_candidates_key_makes_it_stand_again_on_the_same_lease) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.start().await("acquired");
  b.start().await("campaigning");
  etcd.etcdctl({"del", "app/leader/" + hex(b.lease)});
  b.await("campaigning", 2);
  cr_assert(eq(ullong, b.session.stats().leases, 1));
  test::ok(a.resign());
  b.await("acquired");
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, waits_for_the_work_to_stop_before_the_candidate_stands_again) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.options.ttl = milliseconds(60000);
  a.options.stop_grace = milliseconds(20000);  // longer than this test
  a.stop_at_once = false;
  a.start().await("acquired");
  b.start().await("campaigning");
  etcd.etcdctl({"del", a.term.key});
  a.await("lost key_deleted");
  b.await("acquired");
  cr_assert(eq(llong, a.count("campaigning"), 1));
  a.stop_work();
  a.await("campaigning", 2);
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, ends_it_for_good_if_told_not_to_campaign_again) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.standing.campaign_again = false;
  a.start().await("acquired");
  etcd.etcdctl({"del", a.term.key});
  a.await("lost key_deleted");
  instance b(loop, "b", etcd.endpoints());
  b.start().await("acquired");
  cr_assert(eq(llong, a.count("campaigning"), 1));
  test::ok(a.candidate.stand_again());
  a.await("position 1");
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, by_a_crash_costs_the_rest_of_the_lease_not_less_and_the_next_one_leads) {
  test::etcd etcd;
  test::loop loop;
  test::process leader({test::built("tenure"), "campaign", "--endpoints", etcd.endpoint(), "--app",
                        "app", "--instance", "dies", "--ttl", "3", "--format", "json"});
  leader.line_with("\"acquired\"");
  instance a(loop, "a", etcd.endpoints());
  std::int64_t acquired_ns = 0;
  a.on_event = [&](const std::string& what) {
    if (what == "acquired") acquired_ns = now_ns();
  };
  a.start().await("leader dies");
  const std::string key = a.leader.key;
  // It is dead before we ask: no renewal comes later.
  leader.kill();
  const std::int64_t asked_ns = now_ns();
  const std::int64_t left = seconds_left(etcd, key.substr(key.rfind('/') + 1));
  cr_assert(ge(llong, left, 1), "nothing is left that it could be too early for");
  a.await("acquired");
  cr_assert(ge(llong, acquired_ns - asked_ns, left * 1'000'000'000));
  cr_assert(gt(llong, a.term.fencing_token, a.leader.fencing_token));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(loss, of_a_key_rewritten_by_somebody_else_is_noticed_by_reassurance) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  const auto token = a.term.token;
  // Both before our loop turns again: the watch tells of the delete, the reassurance of the
  // stranger; whichever is first.
  etcd.etcdctl({"del", a.term.key});
  etcd.etcdctl({"put", a.term.key, "mine"});
  test::run_until(loop, [&] {
    return a.was_told("lost key_deleted") || a.was_told("lost reassurance_failed");
  });
  cr_assert(token.cancelled());
  // It does not lead by a key that is not attached to its lease.
  a.await("acquired", 2);
  const std::string stored = etcd.etcdctl({"get", "--print-value-only", a.term.key});
  cr_assert(eq(ullong, stored.find("mine"), std::string::npos));
  a.close_and_wait();
  cr_assert(etcd.etcdctl({"get", "--prefix", "app/"}).empty());
  cr_assert(zero(int, loop.close()));
}

Test(loss, work_stopped_without_a_token_means_the_leadership_that_is_being_told_of_and_no_other) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(120000);
  a.options.stop_grace = milliseconds(60000);  // longer than this test may take
  a.stop_at_once = false;
  a.start().await("acquired");
  a.candidate.work_stopped();  // it leads: no work has to stop
  etcd.etcdctl({"del", a.term.key});
  a.await("lost key_deleted");
  a.candidate.work_stopped();  // it was told before
  for (int i = 0; i < 100; ++i) uv_run(loop, UV_RUN_NOWAIT);
  cr_assert(eq(llong, a.count("campaigning"), 1));
  a.stop_work();
  a.await("acquired", 2);
  a.on_event = [&a](const std::string& what) {
    if (what == "lost key_deleted") a.candidate.work_stopped();
  };
  etcd.etcdctl({"del", a.term.key});
  a.await("acquired", 3);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
