// Job runners whose users call anything at any time: what was begun is answered once, and `closed` is the last.
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
  within = [&] { a.runner = job_runner(); };
  a.closed = false;
  test::ok(a.run({"y"}));
  within = [&] { a.runner = job_runner(); };
  cr_assert(is(a.runner.add(a.make("late")), errc::wrong_state), "its handle was let go in run");
  a.close();
  cr_assert(not(a.was_told("start x")));
  cr_assert(zero(int, the_loop.close()));
}
