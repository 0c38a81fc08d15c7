// A session's side of one leadership, for tests of its tokens: its clock, its loop, its deadline.
#pragma once

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/wait.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/fork_guard.hpp"
#include "tenure/token.hpp"
#include "token/token_state.hpp"

using std::chrono::milliseconds;
using tenure::reason;
using tenure::subscription;
using tenure::token;
using tenure::core::millisecond;
using tenure::core::nanos;
using tenure::core::second;

inline namespace token_world {

inline std::atomic<nanos> now{1000 * second};
inline nanos clock_now() { return now; }

// Runs what it is told when the test says so.
struct tellers_queue final : tenure::detail::teller {
  std::deque<tenure::call> queue;
  std::map<std::pair<nanos, std::uint64_t>, std::function<void()>> looks;
  std::uint64_t last = 0;

  void tell(tenure::call&& ready) noexcept override { queue.push_back(std::move(ready)); }
  std::uint64_t look_at(nanos when, std::function<void()> what) override {
    looks.emplace(std::make_pair(when, ++last), std::move(what));
    return last;
  }
  void forget(nanos when, std::uint64_t number) noexcept override { looks.erase({when, number}); }
  std::size_t turn() {
    std::size_t ran = 0;
    while (!looks.empty() && looks.begin()->first.first <= now) {
      const auto what = looks.begin()->second;
      looks.erase(looks.begin());
      what();
    }
    for (; !queue.empty(); ++ran) {
      const tenure::call next = std::move(queue.front());
      queue.pop_front();
      next.front()();
    }
    return ran;
  }
};

// A session's side of one leadership: until now + 10 s.
struct leadership {
  tellers_queue tellers;
  tenure::detail::shared_deadline* deadline =
      new tenure::detail::shared_deadline(&clock_now, tenure::fork_guard::begin());
  tenure::detail::teller_line* line = new tenure::detail::teller_line(&tellers);
  tenure::detail::token_node* root;
  token t;

  leadership() {
    deadline->extend(now + 10 * second);
    root = new tenure::detail::token_node(deadline, line);
    t = tenure::detail::token_tree::make(root);
  }
  ~leadership() { gone(); }
  leadership(const leadership&) = delete;
  leadership& operator=(const leadership&) = delete;
  // The session is over.
  void gone() {
    if (root == nullptr) return;
    root->cancel(reason::session_closed);
    line->cut();
    line->release();
    root->release();
    deadline->release();
    root = nullptr;
    tellers.queue.clear();
    tellers.looks.clear();
  }
};

// A forked child that found all as it should be.
inline bool well(int status) { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }

struct record {
  std::vector<reason> heard;
  std::function<void(reason)> hook() {
    return [this](reason why) { heard.push_back(why); };
  }
  bool is(std::vector<reason> expected) const { return heard == expected; }
};

}  // namespace token_world
