// Job runners as their tests see them: a worker is a process with a session and a runner of its
// own, on the test's loop.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

namespace tenure::test {

inline std::vector<std::string> names(int n) {
  std::vector<std::string> all;
  for (int i = 0; i < n; ++i) all.push_back("job-" + std::to_string(i));
  return all;
}

// Who runs what, over all runners of a test: two at once, or an older fencing token, end it.
struct ledger {
  std::map<std::string, std::string> runs;
  std::map<std::string, std::int64_t> tokens;
};

class worker {
 public:
  worker(uv_loop_t* on, std::string name, const etcd& store, ledger& all)
      : loop_(on), name_(std::move(name)), all_(all) {
    options.endpoints = store.endpoints();
    options.app = "app";
    options.instance = name_;
    options.ttl = milliseconds(60000);  // nothing here may wait for a lease's end
    options.stop_grace = milliseconds(20000);
  }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  session_options options;
  job_runner_options how;
  job_runner runner;
  tenure::session session;
  std::set<std::string> fails;  // these cannot start
  std::set<std::string> slow;   // these stop when told to by `stop_now`
  std::map<std::string, std::function<void()>> stop_now;
  std::set<std::string> never;          // these do not say that they have stopped
  std::map<std::string, token> tokens;  // of the last term of each job
  std::map<std::string, std::string> keys;
  std::vector<std::string> told;
  std::size_t most = 0;  // at once
  std::size_t at_work = 0;
  bool closed = false;
  std::function<void(const std::string&)> on_event;

  job make(const std::string& what) {
    job one;
    one.name = what;
    one.start = [this, what](const leadership& term) { return start(what, term); };
    one.stop = [this, what](reason why, std::function<void()> stopped) {
      record("stop " + what + " " + name(why));
      const auto over = [this, what, stopped] {
        if (all_.runs[what] == name_) all_.runs.erase(what);
        if (never.count(what) != 0) return;
        --at_work;
        stopped();
      };
      if (slow.count(what) != 0) {
        stop_now[what] = over;
      } else {
        over();
      }
    };
    return one;
  }

  error run(const std::vector<std::string>& list) {
    if (!session.is_open()) ok(session.open(loop_, options));
    std::vector<job> jobs;
    for (const std::string& each : list) jobs.push_back(make(each));
    job_runner_events on;
    on.failed = [this](const std::string& what, const error& why) {
      record("failed " + what + " " + why.message);
    };
    return runner.run(session, std::move(jobs), how, std::move(on));
  }

  // The work of this job ends by itself.
  void end(const std::string& what) {
    all_.runs.erase(what);
    --at_work;
    runner.failed(what, {errc::system, "by itself", 0});
  }
  [[nodiscard]] std::string some_job() const {
    const auto at = std::find_if(all_.runs.begin(), all_.runs.end(),
                                 [this](const auto& each) { return each.second == name_; });
    return at != all_.runs.end() ? at->first : std::string();
  }
  [[nodiscard]] bool works_at(const std::string& what) const {
    const auto at = all_.runs.find(what);
    return at != all_.runs.end() && at->second == name_;
  }

  void close_runner() {
    if (!runner.close([this] { closed = true; })) closed = true;
    run_until(loop_, [this] { return closed; });
  }
  void close() {
    close_runner();
    bool over = !session.close([&] { over = true; });
    run_until(loop_, [&] { return over; });
  }

  [[nodiscard]] long count(const std::string& what) const {
    return std::count(told.begin(), told.end(), what);
  }
  [[nodiscard]] long cancelled() const {
    return std::count_if(tokens.begin(), tokens.end(),
                         [](const auto& each) { return each.second.cancelled(); });
  }
  // Is told something that begins with this.
  [[nodiscard]] bool was_told(const std::string& what) const {
    return std::any_of(told.begin(), told.end(),
                       [&](const std::string& each) { return each.rfind(what, 0) == 0; });
  }
  void await(const std::string& what, const char* file = __builtin_FILE(),
             int line = __builtin_LINE()) {
    run_until(
        loop_, [&] { return was_told(what); }, 30, file, line);
  }

 private:
  error start(const std::string& what, const leadership& term) {
    if (fails.count(what) != 0) return {errc::system, "it does not start", 0};
    const auto [at, free] = all_.runs.emplace(what, name_);
    if (!free)
      give_up(what + " runs in " + at->second + " and is started in " + name_, __FILE__, __LINE__);
    if (term.fencing_token <= all_.tokens[what])
      give_up("fencing tokens do not grow", __FILE__, __LINE__);
    if (term.token.cancelled()) give_up("started without a leadership", __FILE__, __LINE__);
    all_.tokens[what] = term.fencing_token;
    tokens[what] = term.token;
    keys[what] = term.key;
    most = std::max(most, ++at_work);
    record("start " + what);
    return {};
  }
  void record(const std::string& what) {
    told.push_back(what);
    if (on_event) on_event(what);
  }

  uv_loop_t* loop_;
  std::string name_;
  ledger& all_;
};

}  // namespace tenure::test
