// Job runners against a real etcd: several in one process, each with a session of its own.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "test/real/job_worker.hpp"

using namespace tenure;
using test::ledger;
using test::loop;
using test::names;
using test::worker;

Test(jobs, of_equal_instances_are_shared_out_evenly_and_handed_over_by_one_that_closes) {
  test::etcd store;
  loop the_loop;
  ledger all;
  std::vector<std::unique_ptr<worker>> workers;
  const auto join = [&](const char* who) {
    workers.push_back(std::make_unique<worker>(the_loop, who, store, all));
    workers.back()->how.balance_delay = milliseconds(50);
    test::ok(workers.back()->run(names(30)));
  };
  const auto even = [&](std::size_t share) {
    test::run_until(the_loop, [&] {
      return std::all_of(workers.begin(), workers.end(),
                         [&](const auto& w) { return w->runner.running() == share; });
    });
  };
  join("a");
  test::run_until(the_loop, [&] { return all.runs.size() == 30; });
  join("b");
  join("c");
  even(10);

  workers.front()->close();
  workers.erase(workers.begin());
  even(15);
  join("d");
  even(10);
  for (const auto& each : workers) each->close();
  cr_assert(all.runs.empty());
  cr_assert(zero(int, the_loop.close()));
}

// A rollout that adds jobs: the new process knows some that the old one has never heard of. Both of
// them count these jobs.
Test(jobs, rest_where_they_are_between_processes_with_different_lists) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker old(the_loop, "old", store, all);
  worker now(the_loop, "new", store, all);
  old.how.balance_delay = now.how.balance_delay = milliseconds(10);
  test::ok(old.run(names(8)));
  test::run_until(the_loop, [&] { return old.runner.running() == 8; });
  test::ok(now.run(names(12)));
  test::run_until(the_loop, [&] { return old.runner.running() == 6 && now.runner.running() == 6; });
  const std::size_t told = old.told.size() + now.told.size();
  test::run_for(
      the_loop,
      2500);  // some looks of each; while there is anything to move they are less than 100 ms apart
  cr_assert(eq(sz, old.told.size() + now.told.size(), +told), "jobs go on moving");
  old.close();
  now.close();
  cr_assert(zero(int, the_loop.close()));
}

// Its key is gone when the stop grace is over. Its work may still go on here. The others must move
// all the same.
Test(jobs, go_on_moving_though_one_of_them_never_says_that_it_has_stopped) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.options.stop_grace = milliseconds(100);
  a.how.balance_delay = b.how.balance_delay = milliseconds(10);
  a.how.quota = 8;
  for (const std::string& each : names(8)) a.never.insert(each);
  test::ok(a.run(names(8)));
  test::run_until(the_loop, [&] { return a.runner.running() == 8; });
  test::ok(b.run(names(8)));
  test::run_until(the_loop, [&] { return b.runner.running() == 4; });
  cr_assert(eq(sz, a.runner.running(), 4));
  b.close();
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, never_run_beyond_the_quota_and_are_sought_when_there_is_room) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.how.quota = 3;
  a.how.balance = false;
  b.how.quota = 4;
  b.how.balance = false;
  a.slow = {"job-0", "job-1", "job-2", "job-3", "job-4", "job-5"};
  test::ok(a.run(names(6)));
  test::run_until(the_loop, [&] { return a.runner.running() == 3; });
  test::ok(b.run(names(6)));
  test::run_until(the_loop, [&] { return all.runs.size() == 6; });
  cr_assert(eq(sz, b.runner.running(), 3));

  // One that is being stopped takes its place in the quota until it has stopped.
  const std::string gone = all.runs.begin()->second == "a" ? all.runs.begin()->first : [&] {
    for (const auto& [what, who] : all.runs) {
      if (who == "a") return what;
    }
    return std::string();
  }();
  test::ok(a.runner.remove(gone));
  a.await("stop " + gone);
  b.close_runner();
  cr_assert(eq(sz, a.at_work, 3));
  a.stop_now.at(gone)();
  test::run_until(the_loop, [&] { return a.runner.running() == 3; });
  cr_assert(eq(sz, +a.most, 3));
  a.slow.clear();
  const bool closing = a.runner.close([&] { a.closed = true; });
  cr_assert(closing);
  test::run_until(the_loop, [&] { return a.closed; });
  a.close();
  b.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, that_fail_are_reported_and_given_to_others_and_the_rest_goes_on) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.how.balance = b.how.balance = false;
  a.how.retry_delay = b.how.retry_delay = milliseconds(50);
  a.fails = {"job-1"};
  test::ok(a.run(names(3)));
  a.await("failed job-1 it does not start");
  a.await("start job-0");
  a.await("start job-2");
  test::run_until(the_loop, [&] {
    return a.count("failed job-1 it does not start") >= 2;
  });  // it is sought again
  test::ok(b.run(names(3)));
  b.await("start job-1");

  // And later: `stop` is not called for what has ended by itself.
  all.runs.erase("job-0");
  --a.at_work;
  a.runner.failed("job-0", {errc::system, "it broke", 0});
  cr_assert(not(a.runner.running("job-0")));
  a.await("failed job-0 it broke");
  b.await("start job-0");
  cr_assert(not(a.was_told("stop job-0")));
  cr_assert(a.runner.running("job-2"));
  a.runner.failed("job-0", {errc::system, "twice", 0});
  a.runner.failed("no such job", {errc::system, "", 0});
  cr_assert(not(a.was_told("failed job-0 twice")));
  b.close();
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, step_down_when_their_time_is_over_and_somebody_waits) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.how.balance = b.how.balance = false;
  a.how.step_down_after = [](const std::string& what) {
    return milliseconds(what == "job-0" ? 30 : 0);
  };
  test::ok(a.run(names(2)));
  a.await("start job-0");
  a.await("start job-1");
  test::ok(b.run(names(2)));
  b.await("start job-0");
  cr_assert(a.was_told("stop job-0 resigned"));
  cr_assert(not(a.was_told("stop job-1")));
  b.close();
  test::run_until(the_loop, [&] { return a.count("start job-0") == 2; });
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, start_elsewhere_only_when_their_work_has_stopped) {
  test::etcd store;
  loop the_loop;
  ledger all;  // it ends the test if the work overlaps
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.slow = {"job-0"};
  a.how.balance = b.how.balance = false;
  test::ok(a.run(names(2)));
  test::run_until(the_loop, [&] { return a.runner.running() == 2; });
  test::ok(b.run(names(2)));
  const bool closing = a.runner.close([&] { a.closed = true; });
  cr_assert(closing);
  b.await("start job-1");
  cr_assert(not(b.was_told("start job-0")));
  cr_assert(zero(int, int(a.closed)));
  a.stop_now.at("job-0")();
  b.await("start job-0");
  test::run_until(the_loop, [&] { return a.closed; });
  a.stop_now.at("job-0") = {};
  a.close();
  b.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, come_and_go_one_by_one_and_begin_with_their_delay) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  a.how.allow_empty = true;
  a.how.start_delay = [](const std::string& what) {
    return milliseconds(what == "job-late" ? 200 : 0);
  };
  test::ok(a.run({}));
  test::ok(a.runner.add(a.make("job-late")));
  test::ok(a.runner.add(a.make("job-soon")));
  a.await("start job-late");
  cr_assert(eq(type(std::string), a.told.at(0), std::string("start job-soon")));
  bool removed = false;
  test::ok(a.runner.remove("job-soon", [&] { removed = true; }));
  test::run_until(the_loop, [&] { return removed; });
  cr_assert(a.was_told("stop job-soon session_closed"));
  test::ok(a.runner.add(a.make("job-soon")));
  test::run_until(the_loop, [&] { return a.count("start job-soon") == 2; });
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, that_make_no_sense_are_refused_and_nothing_is_begun) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  const auto refused = [&](const std::vector<std::string>& list, const char* because) {
    const error e = a.run(list);
    cr_expect(eq(type(std::string), std::string(name(e.code)), std::string("invalid_argument")));
    cr_expect(e.message.find(because) != std::string::npos, "%s", e.message.c_str());
  };
  refused({}, "the list is empty");
  refused({"x", "y", "x"}, "x is there twice");
  refused({""}, "without a name");
  refused({"a/b"}, "a/b");
  a.how.quota = 0;
  refused({"x"}, "quota is 0");
  a.how.quota = {};
  a.how.retry_delay = milliseconds(1);
  refused({"x"}, "retry_delay is 1 ms");
  a.how.retry_delay = milliseconds(1000);
  a.how.start_delay = [](const std::string&) { return milliseconds(-1); };
  refused({"x"}, "start_delay of x is -1 ms");
  a.how.start_delay = {};
  job half = a.make("x");
  half.stop = {};
  const error e = a.runner.run(a.session, {half});
  cr_expect(e.message.find("needs both start and stop") != std::string::npos);

  test::ok(a.run({"x"}));
  cr_expect(
      eq(type(std::string), std::string(name(a.run({"y"}).code)), std::string("wrong_state")));
  cr_expect(eq(type(std::string), std::string(name(a.runner.add(a.make("x")).code)),
               std::string("invalid_argument")));
  cr_expect(eq(type(std::string), std::string(name(a.runner.remove("y").code)),
               std::string("wrong_state")));
  a.await("start x");
  a.close();
  cr_expect(eq(type(std::string), std::string(name(a.runner.run(a.session, {a.make("x")}).code)),
               std::string("closed")));
  cr_assert(zero(int, the_loop.close()));
}

Test(jobs, end_with_their_session_and_with_their_handle_in_every_callback) {
  test::etcd store;
  for (const char* when : {"start job-1", "stop job-1", "failed"}) {
    for (const int way : {0, 1, 2}) {
      loop the_loop;
      ledger all;
      worker a(the_loop, "a", store, all);
      // Whoever lets go of the handle is not asked to stop.
      a.options.stop_grace = milliseconds(50);
      a.how.retry_delay = milliseconds(20);
      a.how.step_down_after = [](const std::string&) { return milliseconds(20); };
      a.fails = {"job-2"};
      ledger others;
      worker b(the_loop, "b", store, others);
      bool done = false;
      bool session_closed = false;
      a.on_event = [&](const std::string& what) {
        if (done || what.rfind(when, 0) != 0) return;
        done = true;
        if (way == 0) a.runner.close([&] { a.closed = true; });
        if (way == 1) a.runner = job_runner();
        if (way == 2) a.session.close([&] { session_closed = true; });
      };
      test::ok(a.run(names(3)));
      test::ok(b.run(names(3)));
      test::run_until(
          the_loop, [&] { return done && (way != 0 || a.closed) && (way != 2 || session_closed); });
      if (way != 2) {
        bool over = !a.session.close([&] { over = true; });
        test::run_until(the_loop, [&] { return over; });
      }
      b.close();
      cr_assert(zero(int, the_loop.close()));
    }
  }
}
