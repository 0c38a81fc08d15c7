// Each option of a job runner beside each other that could interfere: what may be seen of both.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <optional>
#include <string>
#include <vector>

#include "test/real/job_worker.hpp"

using namespace tenure;
using test::ledger;
using test::loop;
using test::names;
using test::worker;

namespace {

constexpr milliseconds an_hour{3600000};
constexpr milliseconds at_once{0};
constexpr milliseconds soon{20};

// Long enough for several looks at 50 to 100 ms, should there be anything to move.
void show_that_it_rests(loop& on) { test::run_for(on, 300); }

}  // namespace

// One job. A seeks it first and with these options, b afterwards and plainly.
Test(job_options, start_delay_and_step_down_after) {
  struct row {
    milliseconds start_delay, step_down_after;
    int starts_a, starts_b, asked;  // how often step_down_after is asked: at each start
  };
  const std::vector<row> table = {
      {at_once, at_once, 1, 0, 1},
      {at_once, soon, 1, 1, 1},
      {an_hour, at_once, 0, 1, 0},
      {an_hour, soon, 0, 1, 0},
  };
  test::etcd store;
  for (const row& each : table) {
    loop the_loop;
    ledger all;
    worker a(the_loop, "a", store, all);
    worker b(the_loop, "b", store, all);
    a.how.balance = b.how.balance = false;
    int delays_asked = 0;
    int asked = 0;
    a.how.start_delay = [&](const std::string&) { return ++delays_asked, each.start_delay; };
    a.how.step_down_after = [&](const std::string&) { return ++asked, each.step_down_after; };
    test::ok(a.run({"job"}));
    if (each.starts_a != 0) a.await("start job");
    test::ok(b.run({"job"}));
    if (each.starts_b != 0) b.await("start job");
    show_that_it_rests(the_loop);
    const int row_number = static_cast<int>(&each - table.data());
    cr_expect(eq(int, int(a.count("start job")), +each.starts_a), "row %d", row_number);
    cr_expect(eq(int, int(a.count("stop job resigned")), each.starts_a& each.starts_b), "row %d",
              row_number);
    cr_expect(eq(int, int(b.count("start job")), +each.starts_b), "row %d", row_number);
    cr_expect(eq(int, +delays_asked, 1), "row %d", row_number);
    cr_expect(eq(int, +asked, +each.asked), "row %d", row_number);
    b.close();
    a.close();
    cr_assert(zero(int, the_loop.close()));
  }
}

// Eight jobs. A comes first, with these options; b is plain but for the balance, which it shares.
Test(job_options, quota_and_balance_and_its_delay) {
  struct row {
    std::optional<std::size_t> quota;
    bool balance;
    milliseconds balance_delay;
    std::size_t a, b;  // what each runs in the end
  };
  const std::vector<row> table = {
      {{}, false, at_once, 8, 0}, {{}, true, at_once, 4, 4}, {{}, true, an_hour, 8, 0},
      {2, false, at_once, 2, 6},  {2, true, at_once, 2, 6},  {2, true, an_hour, 2, 6},
      {6, false, at_once, 6, 2},  {6, true, at_once, 4, 4},  {6, true, an_hour, 6, 2},
  };
  test::etcd store;
  for (const row& each : table) {
    loop the_loop;
    ledger all;
    worker a(the_loop, "a", store, all);
    worker b(the_loop, "b", store, all);
    a.how.quota = each.quota;
    a.how.balance = b.how.balance = each.balance;
    a.how.balance_delay = b.how.balance_delay = each.balance_delay;
    test::ok(a.run(names(8)));
    test::run_until(the_loop, [&] { return a.runner.running() == each.quota.value_or(8); });
    test::ok(b.run(names(8)));
    test::run_until(the_loop,
                    [&] { return a.runner.running() == each.a && b.runner.running() == each.b; });
    show_that_it_rests(the_loop);
    const int row_number = static_cast<int>(&each - table.data());
    cr_expect(eq(sz, a.runner.running(), +each.a), "row %d", row_number);
    cr_expect(eq(sz, b.runner.running(), +each.b), "row %d", row_number);
    cr_expect(le(sz, +a.most, each.quota.value_or(8)), "row %d", row_number);
    b.close();
    a.close();
    cr_assert(zero(int, the_loop.close()));
  }
}

// A pause is half to one and a half of retry_delay, doubled each time. No machine makes it shorter
// than that.
Test(job_options, retry_delay_grows_with_each_failure_in_a_row) {
  test::etcd store;
  loop the_loop;
  ledger all;
  worker a(the_loop, "a", store, all);
  a.how.retry_delay = milliseconds(20);
  a.fails = {"job"};
  std::vector<std::uint64_t> at_ms;
  a.on_event = [&](const std::string& what) {
    if (what.rfind("failed job", 0) == 0) at_ms.push_back(uv_hrtime() / 1000000);
  };
  test::ok(a.run({"job"}));
  test::run_until(the_loop, [&] { return at_ms.size() == 6; });
  for (std::size_t i = 1; i < at_ms.size(); ++i) {
    const std::uint64_t least = (20u << (i - 1)) / 2;
    cr_expect(ge(u64, at_ms[i] - at_ms[i - 1] + 2, +least), "attempt %d",
              static_cast<int>(i));  // the clocks are rounded
  }
  a.close();
  cr_assert(zero(int, the_loop.close()));
}
