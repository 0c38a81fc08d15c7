// A forked child that goes on with the same loop: there every handle closes, at once and for good.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using test::instance;

namespace {

// Runs `what` in a forked child, which says how it went; the exit code tells 0 for true. The loop
// of the parent turns meanwhile.
void check_in_child(uv_loop_t* loop, const std::function<bool()>& what) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(uv_loop_fork(loop) == 0 && what() ? 0 : 1);
  }
  int status = -1;
  test::run_until(loop, [&] { return waitpid(child, &status, WNOHANG) == child; });
  cr_assert(zero(int, status));
}

// The loop has nothing left of ours.
bool ends(uv_loop_t* loop) { return uv_run(loop, UV_RUN_DEFAULT) == 0 && uv_loop_close(loop) == 0; }

// The parent leads on, over the connections that it had.
void leads_on(uv_loop_t* loop, instance& a, std::uint64_t watches) {
  const auto renewals = a.session.stats().renewals;
  const auto confirmations = a.session.stats().confirmations;
  test::run_until(loop, [&] {
    return a.session.stats().renewals > renewals + 1 &&
           a.session.stats().confirmations > confirmations + 1;
  });
  cr_assert(not(a.term.token.cancelled()));
  cr_assert(eq(ullong, a.session.stats().watch_opens, +watches));
  cr_assert(a.troubles.empty());
}

}  // namespace

Test(forked, a_child_that_closes_its_session_hears_closed_and_its_loop_ends) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  check_in_child(loop, [&] {
    bool closed = false;
    if (!a.session.close([&] { closed = true; })) return false;
    return ends(loop) && closed && a.was_told("lost forked");
  });
  leads_on(loop, a, 1);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(forked, a_child_that_destroys_its_handles_has_nothing_left_of_them) {
  test::etcd etcd;
  test::loop loop;
  auto a = std::make_unique<instance>(loop, "a", etcd.endpoints());
  a->start().await("acquired");
  check_in_child(loop, [&] {
    a.reset();
    return ends(loop);
  });
  leads_on(loop, *a, 1);
  a->close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(forked, a_child_that_goes_on_with_its_own_work_has_the_loop_for_itself) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  check_in_child(loop, [&] {
    std::size_t turns = 0;
    uv_prepare_t each;
    uv_prepare_init(loop, &each);
    each.data = &turns;
    uv_prepare_start(&each, [](uv_prepare_t* h) { ++*static_cast<std::size_t*>(h->data); });
    uv_timer_t work;
    uv_timer_init(loop, &work);
    work.data = &each;
    uv_timer_start(
        &work,
        [](uv_timer_t* h) {
          uv_close(static_cast<uv_handle_t*>(h->data), nullptr);
          uv_close(reinterpret_cast<uv_handle_t*>(h), nullptr);
        },
        2000, 0);
    const bool ended = ends(loop);
    // The parent has been renewing all the time: had the child its connections still, its loop
    // would have come round without end.
    return ended && turns < 100 && a.was_told("lost forked") && a.was_told("session lost closed");
  });
  leads_on(loop, a, 1);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(forked, in_a_child_each_handle_is_answered_and_refuses_more) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  observer watcher;
  directory all;
  job_runner runner;
  bool runs = false;
  bool stopped = false;
  job work;
  work.name = "work";
  work.start = [&](const leadership&) {
    runs = true;
    return error();
  };
  work.stop = [&](reason, const std::function<void()>& done) {
    stopped = true;
    done();
  };
  test::ok(watcher.follow(a.session, "", {}));
  test::ok(all.follow(a.session, {}));
  test::ok(runner.run(a.session, {work}, {}, {}));
  test::run_until(loop, [&] { return runs && all.current(); });
  const auto watches = a.session.stats().watch_opens;
  const token told_of = a.term.token.child();
  reason told = reason::none;
  const subscription hears = told_of.on_cancel([&](reason why) { told = why; });
  check_in_child(loop, [&] {
    error resigned;
    int closed = 0;
    const auto count = [&] { ++closed; };
    if (a.candidate.resign(milliseconds(1000), [&](const error& e) { resigned = e; })) return false;
    const bool taken = watcher.close(count) && all.close(count) && runner.close(count) &&
                       a.candidate.close(count) && a.session.close(count);
    if (!taken || !ends(loop)) return false;
    candidate late;
    return closed == 5 && resigned.code == errc::closed && stopped && told == reason::forked &&
           late.stand(a.session, {}, {}).code == errc::closed && !a.session.close();
  });
  cr_assert(not(stopped));
  leads_on(loop, a, watches);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

// TLS says goodbye when a connection closes: the child's goodbye would end its parent's.
Test(forked, a_childs_end_does_not_reach_the_parents_connections) {
  test::tls_etcd server;
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  a.options.tls.ca_file = server.file("ca.pem");
  a.options.tls.cert_file = server.file("client.pem");
  a.options.tls.key_file = server.file("client.key");
  a.start().await("acquired");
  const std::size_t heard = a.told.size();
  check_in_child(loop, [&] {
    a.session.close();
    return ends(loop);
  });
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals > renewals + 2; });
  cr_assert(eq(ullong, a.session.stats().watch_opens, 1));
  cr_assert(eq(sz, a.told.size(), +heard), "the parent was told %s", a.told.back().c_str());
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(forked, a_daemon_opens_anew_on_the_loop_that_it_has) {
  test::etcd etcd;
  int result[2];
  cr_assert(zero(int, pipe(&result[0])));
  const pid_t parent = fork();
  if (parent == 0) {
    test::loop loop;
    instance a(loop, "a", etcd.endpoints());
    a.start().await("acquired");
    if (fork() != 0) _exit(0);  // as daemon(3) does
    alarm(20);
    char ok = 'n';
    if (uv_loop_fork(loop) == 0) {
      instance b(loop, "b", etcd.endpoints());
      b.start().await("acquired", 1);
      b.close_and_wait();
      if (a.was_told("lost forked") && b.term.fencing_token > a.term.fencing_token &&
          !a.session.is_open() && loop.close() == 0)
        ok = 'y';
    }
    (void)!write(result[1], &ok, 1);
    _exit(0);
  }
  close(result[1]);
  char ok = 0;
  cr_assert(eq(sz, static_cast<std::size_t>(read(result[0], &ok, 1)), 1u));
  cr_assert(eq(chr, +ok, 'y'));
  close(result[0]);
  int status = -1;
  (void)waitpid(parent, &status, 0);
  cr_assert(zero(int, status));
}
