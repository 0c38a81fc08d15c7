// What tokens share: the session's deadline, and a tree of nodes for each leadership.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "base/call.hpp"
#include "core/time.hpp"
#include "tenure/token.hpp"
#include "token/listeners.hpp"

namespace tenure::detail {

// Until when the leaderships of one session may be believed in. They all share it. The loop's
// thread writes it, any thread reads it. Whoever finds it passed closes it for good: a renewal that
// comes too late can never bring a token back to life.
class shared_deadline {
 public:
  using clock = core::nanos (*)();

  shared_deadline(clock now, std::uint32_t life) noexcept : now_(now), life_(life) {}

  [[nodiscard]] bool passed() noexcept;
  // Moves it; false if it has passed meanwhile.
  bool extend(core::nanos to) noexcept;
  // It has passed now, for this reason.
  void end(reason why) noexcept {
    why_.store(static_cast<int>(why), std::memory_order_relaxed);
    at_.store(closed, std::memory_order_release);
  }
  // Once it has passed.
  [[nodiscard]] reason why() const noexcept {
    return static_cast<reason>(why_.load(std::memory_order_relaxed));
  }
  [[nodiscard]] core::nanos left() noexcept;  // 0 if passed
  [[nodiscard]] bool forked() const noexcept;
  [[nodiscard]] core::nanos now() const noexcept { return now_(); }

  void hold() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

 private:
  ~shared_deadline() = default;

  static constexpr core::nanos closed = -1;
  std::atomic<core::nanos> at_{core::never};
  std::atomic<int> why_{static_cast<int>(reason::deadline_passed)};
  std::atomic<int> refs_{1};
  clock now_;
  std::uint32_t life_;
};

// Runs callables on the session's loop; the session's dispatcher.
class teller {
 public:
  virtual void tell(call&& ready) noexcept = 0;
  // Calls `what` at this moment, unless that is forgotten before. Returns a number for `forget`.
  [[nodiscard]] virtual std::uint64_t look_at(core::nanos when, std::function<void()> what) = 0;
  virtual void forget(core::nanos when, std::uint64_t number) noexcept = 0;

 protected:
  ~teller() = default;
};

// The way from tokens to their session's loop. Tokens outlive the session. When the session is over
// it cuts the line, and nothing is told any more.
class teller_line {
 public:
  explicit teller_line(teller* to) noexcept : to_(to) {}

  // Loop thread only.
  [[nodiscard]] teller* to() const noexcept { return to_; }
  void cut() noexcept { to_ = nullptr; }

  void hold() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

 private:
  ~teller_line() = default;

  std::atomic<int> refs_{1};
  teller* to_;
};

class token_node {
 public:
  // A root: a leadership's own token. Without a line nothing can be told.
  token_node(shared_deadline* deadline, teller_line* line) noexcept;
  // A child, with its own limit (core::never: none).
  token_node(token_node* parent, core::nanos limit) noexcept;

  [[nodiscard]] bool cancelled() noexcept { return why() != reason::none; }
  [[nodiscard]] reason why() noexcept;
  [[nodiscard]] core::nanos left() noexcept;
  [[nodiscard]] bool is_root() const noexcept { return parent_ == nullptr; }
  [[nodiscard]] token_node* root() noexcept { return root_; }
  [[nodiscard]] core::nanos now() const noexcept { return deadline_->now(); }
  // Its own, or that of one that it derives from, whichever is earlier.
  [[nodiscard]] core::nanos limit() const noexcept { return limit_; }

  void hold() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() noexcept;

  // Loop thread only from here.
  void cancel(reason why) noexcept;  // the first reason stays
  [[nodiscard]] token_node* parent() noexcept { return parent_; }
  heard& heard_by() noexcept { return heard_by_; }
  // Of a root. 0: nobody will be told, as the session is over, or there is no memory.
  std::uint64_t subscribe(token_node* node, std::function<void(reason)> told) noexcept;
  void unsubscribe(std::uint64_t id) noexcept;
  void tell_one(std::uint64_t id);

 private:
  ~token_node();

  std::atomic<int> refs_{1};
  std::atomic<int> why_{0};
  token_node* parent_ = nullptr;
  token_node* root_;
  shared_deadline* deadline_;
  core::nanos limit_ = core::never;
  heard heard_by_;
  // Of a root:
  teller_line* line_ = nullptr;
  std::unique_ptr<listeners> listeners_;  // from the first one on
};

// Makes tokens of nodes; the only friend that tokens have.
class token_tree {
 public:
  // The token takes a reference of its own.
  static token make(token_node* node) noexcept {
    node->hold();
    return token(node);
  }
};

}  // namespace tenure::detail
