// Job runners that are full all the time, while leases are revoked and keys deleted under them.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <memory>
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

constexpr int rounds = 30;

// Always the same losses.
std::size_t below(std::size_t bound) {
  static std::uint64_t state = 0x9e3779b97f4a7c15U;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::size_t>(state % bound);
}

}  // namespace

// There are always jobs that run nowhere: whoever has room must take one. The guard of the wait is
// half of a TTL: nothing may wait for a lease's end, only for round trips and the retry delay.
Test(job_losses, leave_nobody_over_its_quota_and_nobody_idle) {
  test::etcd store;
  loop the_loop;
  ledger all;
  std::vector<std::unique_ptr<worker>> workers;
  for (const char* who : {"a", "b", "c"}) {
    workers.push_back(std::make_unique<worker>(the_loop, who, store, all));
    workers.back()->how.quota = 1;
    workers.back()->how.retry_delay = milliseconds(10);
    workers.back()->how.balance_delay = milliseconds(10);
    test::ok(workers.back()->run(names(50)));
  }
  // What it stops goes on for a while, and counts until then.
  worker& slow = *workers.back();
  for (const std::string& each : names(50)) slow.slow.insert(each);
  const auto let_stop = [&] {
    for (auto& [what, over] : slow.stop_now) {
      if (const auto now = std::exchange(over, nullptr)) now();
    }
  };
  const auto stopping = [&] {
    for (const auto& [what, over] : slow.stop_now) {
      if (over) return true;
    }
    return false;
  };
  const auto all_busy = [&] {
    for (const auto& each : workers) {
      if (each->runner.running() != 1 && !(each.get() == &slow && stopping())) return false;
    }
    return true;
  };
  test::run_until(the_loop, all_busy);
  for (int round = 0; round < rounds; ++round) {
    worker& victim = *workers[below(workers.size())];
    const std::string job = victim.some_job();
    const std::string key = victim.keys.at(job);
    const std::size_t told = victim.told.size();
    switch (below(3)) {
      case 0: store.etcdctl({"lease", "revoke", key.substr(key.rfind('/') + 1)}); break;
      case 1: store.etcdctl({"del", key}); break;
      default: victim.end(job); break;
    }
    test::run_until(the_loop,
                    [&] { return victim.told.size() > told; });  // to stop, or that it has failed
    test::run_until(the_loop, all_busy);
    if (stopping()) {
      // A job that nobody else wants: there would be nothing to keep it from starting but the one
      // that is being stopped.
      const std::string extra = "extra-" + std::to_string(round);
      slow.slow.insert(extra);
      test::ok(slow.runner.add(slow.make(extra)));
      test::run_for(the_loop, 30);
    }
    let_stop();
    test::run_until(the_loop, [&] { return all_busy() && !stopping(); });
    for (const auto& each : workers) cr_assert(le(sz, +each->most, 1), "round %d", round);
    cr_assert(eq(sz, all.runs.size(), workers.size()), "round %d", round);
  }
  slow.slow.clear();
  for (const auto& each : workers) each->close();
  cr_assert(zero(int, the_loop.close()));
}
