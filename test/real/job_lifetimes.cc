// Job runners whose users call anything at any time: what was begun is answered once, and `closed`
// is the last.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "test/real/job_worker.hpp"

using namespace tenure;
using test::ledger;
using test::loop;
using test::names;
using test::worker;

namespace {

bool is(const error& e, errc code) {
  if (e.code == code) return true;
  cr_log_error("%s instead of %s", name(e.code), name(code));
  return false;
}

}  // namespace

Test(job_lifetimes, start_delay_may_call_anything) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  a.options.stop_grace = milliseconds(50);  // whoever lets go of the handle is not asked to stop
  a.how.allow_empty = true;
  std::function<void()> within;
  a.how.start_delay = [&](const std::string&) {
    if (const auto call = std::exchange(within, nullptr)) call();
    return milliseconds(0);
  };
  error inner;
  within = [&] { inner = a.run({"y"}); };
  cr_assert(is(a.run({"x"}), errc::wrong_state), "begun from within");
  test::ok(inner);
  within = [&] { inner = a.runner.add(a.make("z")); };
  cr_assert(is(a.runner.add(a.make("z")), errc::invalid_argument), "added from within");
  test::ok(inner);
  a.await("start y");
  a.await("start z");
  within = [&] { a.runner.close([&] { a.closed = true; }); };
  cr_assert(is(a.runner.add(a.make("late")), errc::closed));
  test::run_until(the_loop, [&] { return a.closed; });
  test::ok(a.run({"y"}));
  within = [&] { a.runner = job_runner(); };
  cr_assert(is(a.runner.add(a.make("late")), errc::closed), "its handle was let go");
  a.close();
  cr_assert(not(a.was_told("start x")));
  cr_assert(zero(int, the_loop.close()));
}

Test(job_lifetimes, nothing_is_added_to_a_runner_whose_session_is_closed) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  test::ok(a.run({"x"}));
  a.await("start x");
  bool closed = false;
  a.session.close([&] { closed = true; });
  cr_expect(is(a.runner.add(a.make("y")), errc::closed));
  test::run_until(the_loop, [&] { return closed; });
  cr_expect(is(a.runner.add(a.make("y")), errc::closed));
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

// A call ends a job. Before the job is told, it may say that it has ended by itself.
Test(job_lifetimes, who_has_failed_is_not_told_to_stop_whatever_ends_it_at_the_same_time) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  a.how.retry_delay = milliseconds(3600000);
  test::ok(a.run({"x", "y", "z"}));
  test::run_until(the_loop, [&] { return a.runner.running() == 3; });
  bool removed = false;
  test::ok(a.runner.remove("x", [&] { removed = true; }));
  a.end("x");
  test::run_until(the_loop, [&] { return removed; });
  cr_expect(a.was_told("failed x by itself"));

  std::vector<std::string> last;
  a.runner.close([&] {
    last = a.told;
    a.closed = true;
  });
  a.end("y");
  cr_expect(eq(sz, a.runner.running(), 1));
  test::run_until(the_loop, [&] { return a.closed; });
  cr_expect(not(a.was_told("stop x")));
  cr_expect(not(a.was_told("stop y")));
  cr_expect(a.was_told("failed y by itself"));
  cr_expect(a.was_told("stop z session_closed"));
  a.close();
  cr_expect(eq(sz, a.told.size(), last.size()), "told after closed");
  cr_assert(zero(int, the_loop.close()));
}

Test(job_lifetimes, who_has_failed_is_not_told_to_stop_when_it_was_just_given_away) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.how.balance = b.how.balance = false;
  a.how.retry_delay = milliseconds(3600000);
  a.how.step_down_after = [](const std::string&) { return milliseconds(20); };
  a.on_event = [&](const std::string& what) {  // the two step down in the same turn
    if (what == "stop x resigned" && a.works_at("y")) a.end("y");
    if (what == "stop y resigned" && a.works_at("x")) a.end("x");
  };
  test::ok(b.run({"x", "y"}));
  test::run_until(the_loop, [&] { return b.runner.running() == 2; });
  test::ok(a.run({"x", "y"}));
  b.close();
  test::run_until(the_loop, [&] { return a.runner.running() == 2; });
  worker c(the_loop, "c", store, all);
  test::ok(c.run({"x", "y"}));
  test::run_until(the_loop, [&] { return c.runner.running() == 2; });
  cr_expect(eq(int, int(a.was_told("stop x")) + int(a.was_told("stop y")), 1));
  cr_expect(
      eq(int, int(a.was_told("failed x by itself")) + int(a.was_told("failed y by itself")), 1));
  c.close();
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

// Removed, then all is closed: an idle job, one that waits, one that runs, one that is being
// stopped, one that never stops.
Test(job_lifetimes, what_is_removed_is_answered_before_closed_whatever_it_does) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.how.balance = b.how.balance = false;
  a.how.start_delay = [](const std::string& what) {
    return milliseconds(what == "idle" ? 3600000 : 0);
  };
  a.slow = {"runs", "stops"};
  test::ok(b.run({"waits"}));
  b.await("start waits");
  test::ok(a.run({"idle", "waits", "runs", "stops", "stays"}));
  test::run_until(the_loop, [&] { return a.runner.running() == 3; });
  const auto remove = [&](const std::string& what) {
    test::ok(a.runner.remove(what, [&, what] { a.told.push_back("removed " + what); }));
  };
  remove("stops");
  a.await("stop stops");
  for (const char* each : {"idle", "waits", "runs"}) remove(each);
  const bool closing = a.runner.close([&] {
    a.told.push_back("closed");
    a.closed = true;
  });
  cr_assert(closing);
  a.await("stop runs");
  a.await("removed idle");
  a.await("removed waits");
  a.await("stop stays");
  cr_expect(not(a.was_told("removed runs")));
  cr_expect(not(a.was_told("removed stops")));
  a.stop_now.at("stops")();
  a.await("removed stops");
  cr_expect(not(a.closed));
  a.stop_now.at("runs")();
  test::run_until(the_loop, [&] { return a.closed; });
  for (const char* each : {"idle", "waits", "runs", "stops"}) {
    cr_expect(eq(int, int(a.count(std::string("removed ") + each)), 1), "%s", each);
  }
  cr_expect(eq(type(std::string), a.told.back(), std::string("closed")));
  a.close();
  b.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(job_lifetimes, what_is_removed_and_never_stops_keeps_its_name_until_all_is_closed) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  ledger others;
  worker b(the_loop, "b", store, others);
  a.options.stop_grace = milliseconds(50);
  a.never = {"x"};
  test::ok(a.run({"x"}));
  a.await("start x");
  test::ok(a.runner.remove("x", [&] { a.told.push_back("removed x"); }));
  test::ok(b.run({"x"}));
  b.await("start x");  // the grace is over
  cr_expect(is(a.runner.add(a.make("x")), errc::invalid_argument));
  cr_expect(not(a.was_told("removed x")));
  const bool closing = a.runner.close([&] {
    a.told.push_back("closed");
    a.closed = true;
  });
  cr_assert(closing);
  cr_expect(not(a.was_told("removed x")), "no callback from within a call");
  test::run_until(the_loop, [&] { return a.closed; });
  cr_expect(eq(type(std::string), a.told.back(), std::string("closed")));
  cr_expect(eq(int, int(a.count("removed x")), 1));
  a.close();
  b.close();
  cr_assert(zero(int, the_loop.close()));
}
