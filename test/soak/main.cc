// Does memory come back? Elections with ever new names, observers, sessions, child tokens with
// limits and resignations come and go on one process for a while, against a real etcd. The memory
// in use must be the same at the end as near the beginning.
//
// soak --seconds N [--leak]: the latter keeps 512 bytes of each election, so that it has to fail.
#include <malloc.h>
#include <uv.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tenure/tenure.hpp"
#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;

namespace {

constexpr std::size_t samples = 6;
// What is under way at a moment differs by this much.
constexpr std::size_t tolerance = 512u << 10;
// Until then tables grow to their size: names are given back some seconds after they were left.
constexpr int warm_up_s = 12;

std::size_t in_use() {
  const struct mallinfo2 all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

class soak {
 public:
  soak(uv_loop_t* loop, const std::vector<std::string>& endpoints, bool leak)
      : loop_(loop), leak_(leak) {
    options_.endpoints = endpoints;
    options_.app = "app";
    options_.instance = "soak";
    test::ok(common_.open(loop, options_));
  }

  void run(double seconds) {
    for (int i = 0; i < 8; ++i) stand();
    for (int i = 0; i < 4; ++i) follow();
    for (int i = 0; i < 2; ++i) open();
    test::run_for(loop_, warm_up_s * 1000);
    const std::uint64_t began = uv_hrtime();
    for (std::size_t n = 1; n <= samples; ++n) {
      const double until = seconds * static_cast<double>(n) / samples * 1e9;
      test::run_until(
          loop_, [&] { return static_cast<double>(uv_hrtime() - began) >= until; },
          static_cast<int>(seconds) + 60);
      used_.push_back(in_use());
      std::printf("%6.0f s: %8llu elections, %6llu sessions, %7zu KiB in use\n", until / 1e9,
                  static_cast<unsigned long long>(names_),
                  static_cast<unsigned long long>(sessions_), used_.back() / 1024);
      std::fflush(stdout);
    }
    over_ = true;
    common_.close();
    uv_run(loop_, UV_RUN_DEFAULT);
  }

  [[nodiscard]] bool flat() const { return used_.back() <= used_[1] + tolerance; }

 private:
  struct user {
    session own;
    candidate stands;
    observer follows;
    subscription told;
  };

  std::string new_name() {
    const std::string name = "shard-" + std::to_string(names_++);
    if (leak_) kept_.emplace_back(new char[512]);
    return name;
  }
  // From the loop: another one in its place. Its callbacks hold it, and it holds them.
  void again(const std::shared_ptr<user>& one, void (soak::*next)()) {
    *one = user();
    if (!over_) (this->*next)();
  }

  // Leads once, hands out tokens that are withdrawn before their limit, resigns and goes.
  void stand() {
    const auto one = std::make_shared<user>();
    candidate_options as;
    as.shard = new_name();
    candidate_events on;
    on.acquired = [this, one](const leadership& l) {
      for (int i = 0; i < 16; ++i) {
        const token step = l.token.child(std::chrono::hours(1));
        const subscription told = step.on_cancel([](reason) {});
        step.cancel();
      }
      one->told = l.token.child(std::chrono::hours(1)).on_cancel([](reason) {});
      (void)one->stands.resign(std::chrono::hours(1), [this, one](const error&) {
        one->stands.close([this, one] { again(one, &soak::stand); });
      });
      one->stands.work_stopped(l.fencing_token);
    };
    on.lost = [one](reason, const error&) {};
    test::ok(one->stands.stand(common_, as, on));
  }

  void follow() {
    const auto one = std::make_shared<user>();
    observer_events on;
    on.leader = [this, one](const leader_info&) {
      one->follows.close([this, one] { again(one, &soak::follow); });
    };
    test::ok(one->follows.follow(common_, new_name(), on));
  }

  void open() {
    const auto one = std::make_shared<user>();
    ++sessions_;
    candidate_options as;
    as.shard = new_name();
    candidate_events on;
    on.acquired = [this, one](const leadership& l) {
      one->own.close([this, one] { again(one, &soak::open); });
      one->stands.work_stopped(l.fencing_token);
    };
    on.lost = [one](reason, const error&) {};
    test::ok(one->own.open(loop_, options_));
    test::ok(one->stands.stand(one->own, as, on));
  }

  uv_loop_t* loop_;
  bool leak_;
  bool over_ = false;
  session_options options_;
  session common_;
  std::uint64_t names_ = 0;
  std::uint64_t sessions_ = 0;
  std::vector<std::size_t> used_;
  std::vector<std::unique_ptr<char[]>> kept_;
};

}  // namespace

int main(int count, char** arguments) {
  double seconds = 20;
  bool leak = false;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--leak") == 0) leak = true;
    if (std::strcmp(arguments[i], "--seconds") == 0 && i + 1 < count)
      seconds = std::atof(arguments[++i]);
  }
  const test::etcd etcd(1, {"--quota-backend-bytes", "8000000000"});
  test::loop loop;
  soak one(loop, etcd.endpoints(), leak);
  one.run(seconds);
  const bool ended = loop.close() == 0;
  std::printf("%s\n%d passed, %d failed\n",
              !ended       ? "the loop has handles left"
              : one.flat() ? "memory comes back"
                           : "memory grows: more is in use at the end than near the beginning",
              ended && one.flat() ? 1 : 0, ended && one.flat() ? 0 : 1);
  return ended && one.flat() ? 0 : 1;
}
