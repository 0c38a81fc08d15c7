// One instance of an application, as its tests see it: a session with a candidate on the test's
// loop, and a record of all that it was told.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <uv.h>

#include "tenure/tenure.hpp"
#include "test/support/wait.hpp"

namespace tenure::test {

// Ends the test with the error's text if there is one.
inline void ok(const error& e, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (e) give_up(e.message, file, line);
}

// A loop that must be empty at the end.
class loop {
 public:
  loop() { uv_loop_init(&loop_); }
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;
  operator uv_loop_t*() { return &loop_; }
  // 0 if every handle was closed.
  int close() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    return uv_loop_close(&loop_);
  }

 private:
  uv_loop_t loop_{};
};

class instance {
 public:
  instance(uv_loop_t* loop, std::string name, std::vector<std::string> endpoints) : loop_(loop) {
    options.endpoints = std::move(endpoints);
    options.app = "app";
    options.instance = std::move(name);
    options.ttl = milliseconds(3000);
    options.tls.warn_days = 0;  // the tests' certificates end soon
  }
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  session_options options;
  candidate_options standing;
  tenure::session session;
  tenure::candidate candidate;
  leadership term;                     // the last one
  std::vector<std::string> told;       // "acquired", "lost key_deleted", "position 2", …
  std::vector<std::uint64_t> told_at;  // when, by uv_hrtime
  std::vector<std::int64_t> fencing_tokens;
  error loss;  // the last one
  leader_info leader;
  std::int64_t lease = 0;
  milliseconds ttl_granted{0};
  bool closed = false;
  bool stop_at_once = true;                          // say work_stopped from within `lost`
  std::function<void(const std::string&)> on_event;  // called with each record

  error open() {
    session_events e;
    e.granted = [this](std::int64_t id, milliseconds of) {
      lease = id;
      ttl_granted = of;
      record("granted");
    };
    e.lost = [this](const error& why) { record(std::string("session lost ") + name(why.code)); };
    e.jeopardy = [this](std::chrono::nanoseconds) { record("jeopardy"); };
    e.safe = [this] { record("safe"); };
    e.stalled = [this](std::chrono::nanoseconds) { record("stalled"); };
    e.trouble = [this](const error& why) { trouble(why); };
    e.warning = [this](const std::string& what) {
      warnings.push_back(what);
      record("warning");
    };
    return session.open(loop_, options, std::move(e));
  }

  // The user says that the work of his last leadership has stopped.
  void stop_work() { candidate.work_stopped(term.fencing_token); }

  error stand() {
    candidate_events e;
    e.campaigning = [this] { record("campaigning"); };
    e.position = [this](std::size_t n) { record("position " + std::to_string(n)); };
    e.acquired = [this](const leadership& l) {
      term = l;
      fencing_tokens.push_back(l.fencing_token);
      record("acquired");
    };
    e.lost = [this](reason why, const error& how) {
      loss = how;
      if (stop_at_once) stop_work();
      record(std::string("lost ") + name(why));
    };
    e.resigned = [this] { record("resigned"); };
    e.leader = [this](const leader_info& who) {
      leader = who;
      record("leader " + who.instance);
    };
    e.trouble = [this](const error& why) { trouble(why); };
    return candidate.stand(session, standing, std::move(e));
  }

  // Opens and stands; anything but success ends the test.
  instance& start() {
    ok(open());
    ok(stand());
    return *this;
  }

  // Gives up what is led, at once, and waits until that is done.
  error resign(milliseconds limit = milliseconds(5000)) {
    error how{errc::wrong_state, "resign was not answered", 0};
    bool done = false;
    if (error e = candidate.resign(limit, [&](const error& answer) {
          how = answer;
          done = true;
        })) {
      return e;
    }
    stop_work();
    run_until(loop_, [&] { return done; });
    return how;
  }

  void close() {
    if (!session.close([this] { closed = true; })) closed = true;
    stop_work();
  }
  void close_and_wait() {
    close();
    run_until(loop_, [this] { return closed; });
  }

  [[nodiscard]] bool was_told(const std::string& what) const { return count(what) != 0; }
  [[nodiscard]] long count(const std::string& what) const {
    return std::count(told.begin(), told.end(), what);
  }
  // When it was told `what` last; it must have been.
  [[nodiscard]] std::uint64_t when(const std::string& what) const {
    const auto last = std::find(told.rbegin(), told.rend(), what);
    if (last == told.rend()) give_up("never told: " + what);
    return told_at[static_cast<std::size_t>(told.rend() - last) - 1];
  }
  // Until it has been told `what` so many times in all.
  void await(const std::string& what, long times = 1, const char* file = __builtin_FILE(),
             int line = __builtin_LINE()) {
    run_until(
        loop_, [&] { return count(what) >= times; }, 30, file, line);
  }
  std::vector<error> troubles;
  std::vector<std::string> warnings;

 private:
  void trouble(const error& why) {
    troubles.push_back(why);
    record(std::string("trouble ") + name(why.code));
  }
  void record(const std::string& what) {
    told.push_back(what);
    told_at.push_back(uv_hrtime());
    if (on_event) on_event(what);
  }

  uv_loop_t* loop_;
};

}  // namespace tenure::test
