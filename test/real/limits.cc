// What etcd limits: the size of requests, the operations of a transaction, the streams of a
// connection.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

// One session that stands in many elections.
class fleet {
 public:
  fleet(uv_loop_t* loop, const etcd& store, std::size_t count) : loop_(loop), candidates_(count) {
    session_options options;
    options.endpoints = store.endpoints();
    options.app = "app";
    options.instance = "a";
    session_events on;
    on.trouble = [this](const error& what) { troubles.push_back(what.message); };
    ok(session_.open(loop, options, std::move(on)));
    for (std::size_t i = 0; i < count; ++i) {
      candidate_options where;
      where.shard = "s" + std::to_string(i);
      candidate_events events;
      events.lost = [this](reason, const error& why) { losses.push_back(why.message); };
      events.trouble = [this](const error& what) { troubles.push_back(what.message); };
      ok(candidates_[i].stand(session_, where, std::move(events)));
    }
  }
  [[nodiscard]] std::size_t leading() const {
    return static_cast<std::size_t>(
        std::count_if(candidates_.begin(), candidates_.end(), [](auto& c) { return c.leading(); }));
  }
  void close() {
    bool closed = false;
    session_.close([&] { closed = true; });
    run_until(loop_, [&] { return closed; });
  }
  std::vector<std::string> troubles;
  std::vector<std::string> losses;

 private:
  uv_loop_t* loop_;
  tenure::session session_;
  std::vector<candidate> candidates_;
};

constexpr std::size_t elections = 500;

}  // namespace

Test(limits, five_hundred_elections_are_led_whatever_a_request_may_hold) {
  const std::vector<std::string> table[] = {{"--max-request-bytes=20000"}, {"--max-txn-ops=16"}};
  for (const auto& flags : table) {
    const etcd store(1, flags);
    test::loop loop;
    fleet all(loop, store, elections);
    run_until(loop, [&] { return all.leading() == elections; });
    // Each is reassured several times, and announced.
    run_for(loop, 8000);
    cr_assert(eq(sz, all.leading(), +elections));
    cr_assert(all.losses.empty(), "%s", all.losses[0].c_str());
    cr_assert(all.troubles.empty(), "%s", all.troubles[0].c_str());
    all.close();
    cr_assert(eq(int, loop.close(), 0));
  }
}

Test(limits, an_election_that_is_too_large_alone_is_named) {
  const etcd store(1, {"--max-request-bytes=100"});
  test::loop loop;
  fleet all(loop, store, 2);
  run_until(loop, [&] { return !all.troubles.empty(); });
  const std::string& said = all.troubles[0];
  cr_assert(said.find("request is too large") != std::string::npos, "%s", said.c_str());
  cr_assert(said.find("--max-request-bytes") != std::string::npos, "%s", said.c_str());
  cr_assert(said.find("one election only, app/s") != std::string::npos, "%s", said.c_str());
  all.close();
  cr_assert(eq(int, loop.close(), 0));
}
