// Frozen processes, blocked loops, forked children: what the token says then.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.hpp"
#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::instance;

namespace {

std::size_t place(const instance& i, const std::string& what, std::size_t from = 0) {
  return static_cast<std::size_t>(
      std::find(i.told.begin() + static_cast<std::ptrdiff_t>(from), i.told.end(), what) -
      i.told.begin());
}

// After the loop could not turn for longer than the TTL.
void check_the_awakening(instance& a, const token& before) {
  cr_assert(before.cancelled(), "the first question after waking is answered with the truth");
  cr_assert(eq(type(std::string), name(before.why()), "deadline_passed"));
  cr_assert(zero(llong, before.time_left().count()));
  const std::size_t woke = a.told.size();
  a.await("acquired", 2);
  cr_assert(before.cancelled(), "no renewal brings a token back to life");
  const bool lost_first = place(a, "lost deadline_passed", woke) < place(a, "acquired", woke);
  cr_assert(lost_first);
  cr_assert(a.was_told("stalled"));
  cr_assert(ge(llong, a.session.stats().stall_max.count(), 1000000000));
  cr_assert(zero(llong, a.session.stats().closest_to_deadline.count()));
}

}  // namespace

Test(time, a_blocked_loop_finds_its_token_cancelled_before_any_callback) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(2000);
  a.start().await("acquired");
  const token before = a.term.token;
  cr_assert(gt(llong, before.time_left().count(), 0));
  usleep(3000000);  // user code that does not return
  check_the_awakening(a, before);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(time, a_frozen_process_finds_its_token_cancelled_with_its_first_statement) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(2000);
  a.start().await("acquired");
  const token before = a.term.token;
  const std::string self = std::to_string(getpid());
  test::process freezer({"sh", "-c", "kill -STOP " + self + " && sleep 3; kill -CONT " + self});
  const auto then = uv_hrtime();
  while (uv_hrtime() - then < 500000000u) {
    // until we are stopped; afterwards half a second and more has passed
  }
  check_the_awakening(a, before);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

// Nothing else can notice in that time: there is no watch, and the first keepalive comes TTL / 5
// after the grant, unless reassurance has found the key gone and asks for the lease.
Test(
    time,
    without_the_watch_reassurance_notices_a_deleted_key_or_revoked_lease_within_interval_and_timeout) {
  detail::switches().no_watch = true;
  test::etcd etcd;
  for (const bool revoked : {false, true}) {
    test::loop loop;
    instance a(loop, "a", etcd.endpoints());
    a.options.ttl = milliseconds(60000);
    a.options.reassure_interval = milliseconds(500);
    a.options.reassure_timeout = milliseconds(1500);
    a.start().await("acquired");
    cr_assert(zero(ullong, a.session.stats().watch_opens));
    char lease[20];
    std::snprintf(lease, sizeof lease, "%llx", static_cast<unsigned long long>(a.lease));
    if (revoked) {
      etcd.etcdctl({"lease", "revoke", lease});
    } else {
      etcd.etcdctl({"del", a.term.key});
    }
    const auto gone = uv_hrtime();
    const std::string told = revoked ? "lost lease_expired" : "lost key_deleted";
    a.await(told);
    // As much again for a busy machine: the next keepalive would have come after 12 s, the deadline
    // after more than 50.
    const auto limit = a.options.reassure_interval.value() + a.options.reassure_timeout.value();
    cr_assert(le(llong, static_cast<long long>(a.when(told) - gone), 2 * limit.count() * 1000000));
    a.close_and_wait();
    cr_assert(zero(int, loop.close()));
  }
}

Test(time, a_forked_child_leads_nothing_and_sends_nothing) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  const token child_token = a.term.token.child();
  const auto requests = a.session.stats().requests;
  const pid_t child = fork();
  if (child == 0) {
    const bool cancelled = a.term.token.cancelled() && child_token.cancelled() &&
                           a.term.token.why() == reason::forked && !a.session.is_open() &&
                           !a.candidate.leading();
    (void)a.candidate.resign(milliseconds(1000));  // must not reach etcd
    uv_run(loop, UV_RUN_NOWAIT);
    _exit(cancelled && a.session.stats().requests == requests ? 0 : 1);
  }
  int status = -1;
  (void)waitpid(child, &status, 0);
  cr_assert(zero(int, status));
  cr_assert(not(a.term.token.cancelled()), "the parent leads on");
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals > renewals; });
  cr_assert(not(a.term.token.cancelled()));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

// What was asked for before the fork is sent by the parent alone, whatever the child does with its
// copy of the loop.
Test(time, a_forked_child_does_not_send_what_waits_to_be_sent) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(30000);
  a.start().await("acquired");
  test::ok(a.candidate.resign(milliseconds(5000)));
  a.stop_work();
  const pid_t child = fork();
  if (child == 0) {
    uv_loop_fork(loop);
    test::run_for(loop, 300);
    _exit(0);
  }
  int status = -1;
  (void)waitpid(child, &status, 0);
  cr_assert(zero(int, status));
  cr_assert(etcd.etcdctl({"get", "--prefix", "--keys-only", "app/"}).find("app/leader/") !=
            std::string::npos);
  a.await("resigned");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(time, a_forked_child_may_elect_on_a_session_of_its_own) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  const pid_t child = fork();
  if (child == 0) {
    test::loop own;
    instance b(own, "b", etcd.endpoints());
    b.start().await("position 1");
    const bool right = a.term.token.cancelled() && !b.candidate.leading();
    b.close_and_wait();
    _exit(right ? 0 : 1);
  }
  int status = -1;
  test::run_until(loop, [&] { return waitpid(child, &status, WNOHANG) == child; });
  cr_assert(zero(int, status));
  cr_assert(not(a.term.token.cancelled()));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(time, an_executed_child_inherits_no_descriptor) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  int sockets = 0;
  for (int fd = 3; fd < 256; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
        peer.sin_family != AF_INET)
      continue;
    ++sockets;
    const bool stays_here = (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
    cr_assert(stays_here, "descriptor %d is inherited", fd);
  }
  cr_assert(ge(int, sockets, 2), "the watch and a call at least");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
