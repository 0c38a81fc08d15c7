// The cancel token: the right to work, as a value.
//
//     if (leadership.token.cancelled()) return;      // asked, anywhere
//     auto told = token.on_cancel([](auto why) {});   // told, on the loop
//     auto step = token.child(milliseconds{500});     // derived, with its own limit
//
// A token is cheap to copy. It stays valid after candidate, session and loop are gone: it reads
// cancelled then. A default token is cancelled.
// To cancel a token takes as long as there are callbacks on it and on its children. A question to a
// token takes as long as it is nested deep.
#ifndef TENURE_TOKEN_HPP
#define TENURE_TOKEN_HPP

#include <chrono>
#include <functional>
#include <optional>

#include <tenure/export.hpp>

namespace tenure {

// Why work has to stop. Numbers are stable.
#define TENURE_REASON_MAP(X)                                                         \
  X(none, 0, "not cancelled")                                                        \
  X(resigned, 1, "resigned")                                                         \
  X(deadline_passed, 2, "the deadline passed before the lease could be renewed")     \
  X(lease_expired, 3, "etcd says that the lease is gone: expired or revoked")        \
  X(key_deleted, 4, "the leader key was deleted or replaced by somebody else")       \
  X(reassurance_failed, 5,                                                           \
    "etcd's answer shows that the leader key is not ours, or not the oldest")        \
  X(reassurance_timed_out, 6, "the leader key could not be confirmed in time")       \
  X(cluster_changed, 7, "etcd's history went back: restored from a backup")          \
  X(session_closed, 8, "the session or candidate was closed")                        \
  X(limit_passed, 9, "the child token's own time limit passed")                      \
  X(cancelled_by_user, 10, "the child token was cancelled by its user")              \
  X(forked, 11, "this is a forked child: it leads nothing")                          \
  X(internal, 12, "a broken invariant in tenure itself; the session stops")          \
  X(lease_let_go, 13, "etcd forbids deleting a key: its lease was let go to end it") \
  X(out_of_memory, 14, "memory ran out: the session stops")

enum class reason : int {
#define X(name, number, text) name = (number),
  TENURE_REASON_MAP(X)
#undef X
};

// The reason's name as in the list above, e.g. "key_deleted".
[[nodiscard]] TENURE_API const char* name(reason why) noexcept;
// The reason in a few words; never null.
[[nodiscard]] TENURE_API const char* text(reason why) noexcept;

namespace detail {
class token_node;
class token_tree;
}  // namespace detail

// A registration of `token::on_cancel`. Destroying or resetting it withdraws the callback. The
// callback is then never called, not even if its token was cancelled a moment ago.
// It is empty (`!subscription`) where nobody will be told: the token is a default one, the session
// is over, or there was no memory. Loop thread only. It may outlive the token and the session.
class TENURE_API subscription {
 public:
  subscription() noexcept = default;
  subscription(subscription&& other) noexcept;
  subscription& operator=(subscription&& other) noexcept;
  ~subscription();
  void reset() noexcept;
  [[nodiscard]] explicit operator bool() const noexcept { return node_ != nullptr; }

 private:
  friend class token;
  subscription(detail::token_node* node, unsigned long long id) noexcept;
  detail::token_node* node_ = nullptr;
  unsigned long long id_ = 0;
};

class TENURE_API token {
 public:
  token() noexcept = default;
  token(const token& other) noexcept;
  token(token&& other) noexcept;
  token& operator=(token other) noexcept;
  ~token();

  // Whether the work must have stopped. Every call compares CLOCK_BOOTTIME with the deadline. So it
  // tells the truth at once after a freeze or a suspended machine, before any callback could.
  // Any thread; no lock, no allocation. True in a forked child.
  [[nodiscard]] bool cancelled() const noexcept;

  // How long until `cancelled` turns true by itself if no renewal comes. It grows with each
  // renewal. Zero if cancelled. Any thread.
  [[nodiscard]] std::chrono::nanoseconds time_left() const noexcept;

  // Why it is cancelled; `reason::none` if it is not. Any thread.
  [[nodiscard]] reason why() const noexcept;

  // A token that is cancelled with this one, by its own `cancel`, or when `limit` has passed. The
  // limit counts from now, and counts the machine's sleep. A child of a cancelled token is
  // cancelled. Without memory it is a default token, which is cancelled. Loop thread only.
  [[nodiscard]] token child(std::optional<std::chrono::milliseconds> limit = std::nullopt) const;

  // Cancels this child token and all derived from it. On a leadership's own token it does nothing
  // and returns false: use `candidate::resign`. Loop thread only.
  bool cancel() const;

  // Calls `told` once, from the loop, after the token was cancelled. If it is cancelled already,
  // `told` is called at the next turn. The reason is what was known at that moment. After the
  // session's close callback nothing is told any more. Loop thread only.
  [[nodiscard]] subscription on_cancel(std::function<void(reason)> told) const;

 private:
  friend class detail::token_tree;
  explicit token(detail::token_node* node) noexcept;
  detail::token_node* node_ = nullptr;
};

}  // namespace tenure

#endif
