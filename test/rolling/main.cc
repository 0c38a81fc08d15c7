// A rolling restart: three instances of examples/jobs share thirty jobs; each is stopped and
// started anew, in turn.
//
//     rolling [--jobs N] [--out DIR]
//
// Shows who runs what while it happens, then how long each job was without a leader, and draws it.
// Exit code 0: every job was handed over, and nobody waited for a lease's end. 1: not so. 2: bad
// usage.
#include <poll.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/rolling/show.hpp"
#include "test/support/etcd.hpp"
#include "test/support/process.hpp"
#include "test/support/wait.hpp"

namespace tenure::rolling {
namespace {

constexpr int ttl_s = 10;
// A handover takes milliseconds, 15 at the worst as seen; what is left is for a machine that has
// other things to do. Whoever waits for anything, be it a retry, takes longer.
constexpr nanos longest_handover = 200'000'000;

nanos now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return nanos{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

double ms(nanos t) { return static_cast<double>(t) / 1e6; }

std::vector<std::string> job_names(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "job-%02zu", i);
    all.emplace_back(name);
  }
  return all;
}

class rollout {
 public:
  explicit rollout(std::size_t jobs) : jobs_(jobs), table_(names_, job_names(jobs)) {
    for (const std::string& each : names_) running_.emplace_back(nullptr), (void)each;
  }

  void run() {
    for (std::size_t i = 0; i < names_.size(); ++i) start(i);
    await_even("all three start");
    from_ = now();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      restart one;
      one.who = names_[i];
      one.told = now();
      running_[i]->signal(SIGTERM);
      until("stop " + names_[i], [&] { return !running_[i]->running(); });
      one.ended = now();
      drain(i);
      until(names_[i] + " is away", [&] { return ledger_.runs().size() == jobs_; });
      start(i);
      one.again = now();
      await_even("start " + names_[i] + " again");
      restarts_.push_back(one);
    }
    to_ = now();
    for (const auto& each : running_) each->signal(SIGTERM);
    until("the end", [&] {
      return std::none_of(running_.begin(), running_.end(),
                          [](const auto& each) { return each->running(); });
    });
    for (std::size_t i = 0; i < running_.size(); ++i) drain(i);
  }

  // How it went, in words and as a picture.
  int report(const std::string& directory) {
    std::vector<std::string> wrong = ledger_.violations();
    std::printf("\n  %-10s %9s %14s %14s %12s\n", "restart", "handovers", "gap, median",
                "gap, worst", "stopped in");
    for (std::size_t i = 0; i < restarts_.size(); ++i) {
      const restart& one = restarts_[i];
      std::vector<gap> gaps =
          ledger_.gaps(one.told, i + 1 < restarts_.size() ? restarts_[i + 1].told : to_);
      std::sort(gaps.begin(), gaps.end(),
                [](const gap& a, const gap& b) { return a.length < b.length; });
      if (gaps.empty()) {
        wrong.push_back("nothing was handed over when " + one.who + " was restarted");
        continue;
      }
      std::printf("  %-10s %9zu %11.1f ms %11.1f ms %9.1f ms\n", one.who.c_str(), gaps.size(),
                  ms(gaps[gaps.size() / 2].length), ms(gaps.back().length),
                  ms(one.ended - one.told));
      if (gaps.back().length > longest_handover) {
        wrong.push_back(gaps.back().job + " was without a leader for " +
                        std::to_string(ms(gaps.back().length)) + " ms: that is no handover");
      }
    }
    std::string history;
    for (const std::string& each : lines_) history += each + '\n';
    const std::string picture = directory + "/timeline.svg";
    for (const error& e : {write_file(picture, draw(ledger_.spans(), names_, restarts_,
                                                    "A rolling restart: who ran which job")),
                           write_file(directory + "/history.jsonl", history)}) {
      if (e) wrong.push_back(e.message);
    }
    std::printf("\n  TTL %d s; drawn in %s\n", ttl_s, picture.c_str());
    for (const std::string& each : wrong) std::printf("%s\n", each.c_str());
    std::printf("%d passed, %d failed\n", wrong.empty() ? 1 : 0, wrong.empty() ? 0 : 1);
    return wrong.empty() ? 0 : 1;
  }

 private:
  void start(std::size_t i) {
    running_[i] = std::make_unique<test::process>(std::vector<std::string>{
        test::built("examples/jobs"), "--instance", names_[i], "--endpoints",
        store_.endpoint_list(), "--jobs", std::to_string(jobs_), "--ttl", std::to_string(ttl_s)});
  }

  void take(const std::string& line) {
    if (!ledger_.take(line)) test::give_up("not an event: " + line);
    lines_.push_back(line);
  }
  void drain(std::size_t i) {
    while (const auto line = running_[i]->next_line()) take(*line);
  }

  template <class Condition>
  void until(const std::string& phase, Condition&& holds) {
    test::await(
        [&] {
          for (const auto& each : running_) {
            while (const auto line = each->poll_line()) take(*line);
          }
          table_.show(ledger_, phase);
          return holds();
        },
        60);
  }
  void await_even(const std::string& phase) {
    until(phase, [&] {
      std::size_t least = jobs_;
      std::size_t most = 0;
      for (const std::string& each : names_) {
        least = std::min(least, ledger_.share(each));
        most = std::max(most, ledger_.share(each));
      }
      return ledger_.runs().size() == jobs_ && most - least <= 1;
    });
  }

  const std::size_t jobs_;
  const std::vector<std::string> names_{"a", "b", "c"};
  test::etcd store_;
  std::vector<std::unique_ptr<test::process>> running_;
  ledger ledger_;
  std::vector<std::string> lines_;
  std::vector<restart> restarts_;
  table table_;
  nanos from_ = 0;
  nanos to_ = 0;
};

}  // namespace
}  // namespace tenure::rolling

int main(int argc, char** argv) {
  std::size_t jobs = 30;
  std::string out = "build/rolling";
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i];
    if (i + 1 < argc && flag == "--jobs")
      jobs = std::strtoul(argv[i + 1], nullptr, 10);
    else if (i + 1 < argc && flag == "--out")
      out = argv[i + 1];
    else
      jobs = 0;
  }
  if (jobs < 3 || jobs > 100) {
    std::fprintf(stderr, "usage: rolling [--jobs 3..100] [--out DIR]\n");
    return 2;
  }
  if (mkdir(out.c_str(), 0777) != 0 && errno != EEXIST) {
    std::fprintf(stderr, "rolling: %s: %s\n", out.c_str(), std::strerror(errno));
    return 2;
  }
  std::printf("A rolling restart of three instances with %zu jobs, on a real etcd\n", jobs);
  tenure::rolling::rollout all(jobs);
  all.run();
  return all.report(out);
}
