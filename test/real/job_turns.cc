// Many jobs at once: the loop turns between slices of them.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <string>

#include "test/real/job_worker.hpp"

using namespace tenure;
using test::ledger;
using test::loop;
using test::names;
using test::worker;

namespace {

constexpr int many = 300;
constexpr int slice = 64;

// The most tokens that are cancelled in one turn of the loop.
class turns {
 public:
  turns(uv_loop_t* on, const worker& of) : of_(of), last_(of.cancelled()) {
    uv_check_init(on, &check_);
    check_.data = this;
    uv_check_start(&check_, [](uv_check_t* c) { static_cast<turns*>(c->data)->look(); });
  }
  turns(const turns&) = delete;
  turns& operator=(const turns&) = delete;
  void close() { uv_close(reinterpret_cast<uv_handle_t*>(&check_), nullptr); }
  long most = 0;

 private:
  void look() {
    const long now = of_.cancelled();
    most = std::max(most, now - last_);
    last_ = now;
  }
  const worker& of_;
  long last_;
  uv_check_t check_{};
};

}  // namespace

Test(job_turns, a_runner_that_closes_tells_a_slice_a_turn) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  test::ok(a.run(names(many)));
  test::run_until(the_loop, [&] { return a.runner.running() == many; });
  const bool closing = a.runner.close([&] { a.closed = true; });
  cr_assert(closing);
  cr_expect(eq(long, a.cancelled(), slice));
  test::run_until(the_loop, [&] { return a.closed; });
  cr_expect(eq(long, a.cancelled(), many));
  cr_expect(all.runs.empty());
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

// Of a runner that is told to close while its session closes, too.
Test(job_turns, a_runner_closes_with_its_session) {
  test::etcd store;
  for (const bool session_first : {false, true}) {
    loop the_loop;
    ledger all;
    worker a(the_loop, "a", store, all);
    test::ok(a.run(names(many)));
    test::run_until(the_loop, [&] { return a.runner.running() == many; });
    bool over = false;
    const auto close_session = [&] { a.session.close([&] { over = true; }); };
    if (session_first) close_session();
    const bool closing = a.runner.close([&] { a.closed = true; });
    cr_assert(closing);
    if (!session_first) close_session();
    test::run_until(the_loop, [&] { return over; });
    cr_expect(a.closed, "closed before its session");
    cr_expect(all.runs.empty());
    cr_assert(zero(int, the_loop.close()));
  }
}

Test(job_turns, jobs_whose_time_is_over_at_the_same_moment_step_down_in_slices) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker before(the_loop, "before", store, all);
  worker a(the_loop, "a", store, all);
  worker after(the_loop, "after", store, all);
  before.how.balance = a.how.balance = after.how.balance = false;
  std::uint64_t end = 0;  // of the time of all, in ms
  a.how.step_down_after = [&](const std::string&) {
    return milliseconds(std::max<std::int64_t>(
        1, static_cast<std::int64_t>(end) - static_cast<std::int64_t>(uv_hrtime() / 1000000)));
  };
  test::ok(before.run(names(many)));
  test::run_until(the_loop, [&] { return before.runner.running() == many; });
  directory seen;
  test::ok(seen.follow(before.session, {}));
  const auto stand = [&](std::size_t each) {
    const auto list = names(many);
    return std::all_of(list.begin(), list.end(),
                       [&](const std::string& job) { return seen.queue(job).size() == each; });
  };
  test::ok(a.run(names(many)));
  test::run_until(the_loop, [&] { return stand(2); });
  test::ok(after.run(names(many)));
  test::run_until(the_loop, [&] { return stand(3); });
  end = uv_hrtime() / 1000000 + 3000;
  before.close();
  test::run_until(the_loop, [&] { return a.runner.running() == many; });
  turns each(the_loop, a);
  test::run_until(the_loop, [&] { return after.runner.running() == many; });
  each.close();
  // Some slices are short enough to share a turn.
  cr_expect(lt(long, +each.most, 3 * slice));
  after.close();
  a.close();
  cr_assert(zero(int, the_loop.close()));
}

// More than a slice of them leave the queues when it is full, and come back when there is room.
Test(job_turns, all_are_sought_anew_when_a_full_runner_has_room_again) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  worker b(the_loop, "b", store, all);
  a.how.balance = b.how.balance = false;
  a.how.quota = 100;
  test::ok(a.run(names(many)));
  test::run_until(the_loop, [&] { return a.runner.running() == 100; });
  test::ok(b.run(names(many)));
  test::run_until(the_loop, [&] { return b.runner.running() == many - 100; });
  std::size_t removed = 0;
  for (const auto& [what, who] : std::map<std::string, std::string>(all.runs)) {
    if (who != "a") continue;
    test::ok(a.runner.remove(what, [&] { ++removed; }));
  }
  test::run_until(the_loop, [&] { return removed == 100 && b.runner.running() == many; });
  b.close();
  test::run_until(the_loop, [&] { return a.runner.running() == 100; });
  cr_expect(le(sz, +a.most, 100));
  a.close();
  cr_assert(zero(int, the_loop.close()));
}
