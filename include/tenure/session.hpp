// A session: one etcd lease. This process keeps it alive on the caller's libuv loop. All candidates
// of the session share it. It starts no thread and no loop.
//
// Rules for every handle here (session, candidate, observer, directory, job_runner):
// - All calls belong to the loop's thread. All are legal from inside any callback, also of the
//   handle itself.
// - No callback comes from within a call. State changes at once; callbacks follow from the loop,
//   one at a time, in order.
// - `close` may be called at any time and more than once. Its callback comes from the loop and is
//   the handle's last one.
// - Destroying a handle without `close` closes it silently: no further callback comes. No
//   destructor blocks.
// - Either way the loop must go on turning until the closing is over, as with every libuv handle.
// - A user's exception must not leave a callback: it ends the program.
// - In a forked child nothing is sent and every token is cancelled. A child that goes on with the
//   same loop calls uv_loop_fork first, as libuv demands. The next turn of the loop closes every
//   handle there, for good: leaders are told `lost`, with `reason::forked`; who waits for an answer
//   gets `closed`; and none of them keeps the loop alive. The parent goes on undisturbed.
//   A child that wants to stand opens a session of its own, on that loop or another.
// - Memory. A call that cannot get any says `no_memory`, and has done nothing. If memory runs out
//   where nobody can be told, in a turn of the loop, the session ends in order: its tokens end at
//   once with `reason::out_of_memory`, leaders are told `lost`, the session's user is told `lost`
//   with `no_memory`, and all is closed. What cannot be told for want of memory is told when there
//   is some. Tenure's own code does not end the program. Others' code may: libuv aborts where
//   epoll_ctl says ENOMEM, and glibc where a thread of libuv's pool cannot be made.
// - The handles that a session has on the loop are its own. To close them ends the program with a
//   message: so does `uv_walk` with `uv_close` on every handle, a habit at shutdown. Close the
//   session first, and walk in its `closed`: then none of them is left.
// - daemon(3) is a fork whose parent exits: call it before `open`. After it, open anew. What the
//   parent led stays taken until its lease runs out.
#ifndef TENURE_SESSION_HPP
#define TENURE_SESSION_HPP

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <tenure/error.hpp>
#include <tenure/export.hpp>
#include <tenure/options.hpp>
#include <tenure/stats.hpp>

extern "C" {
struct uv_loop_s;
}

namespace tenure {

namespace detail {
class session_impl;
}

// Any may be empty.
struct session_events {
  // A lease was granted, with this id and this TTL.
  std::function<void(std::int64_t lease, milliseconds ttl)> granted;
  // The lease is gone. Each candidate is told on its own, too.
  std::function<void(const error&)> lost;
  // No renewal has come through for `jeopardy_after`. The tokens end in `left` unless one does.
  std::function<void(std::chrono::nanoseconds left)> jeopardy;
  // A renewal came through after jeopardy.
  std::function<void()> safe;
  // The loop was late by this much: frozen, suspended, or blocked by a callback.
  std::function<void(std::chrono::nanoseconds late)> stalled;
  // Something failed and is tried again.
  std::function<void(const error&)> trouble;
  // Nothing has failed yet, but somebody should see to it: a certificate ends soon, or what is
  // secret is not kept so. The text says what, and what to do.
  std::function<void(const std::string&)> warning;
};

class TENURE_API session {
 public:
  session() noexcept = default;
  session(session&& other) noexcept;
  session& operator=(session&& other) noexcept;
  ~session();

  // Checks the options, reads the TLS files and gets ready. No packet is sent until the first
  // candidate stands, or the first observer or directory follows. `loop` stays the caller's and
  // must outlive the closing. An open session keeps the loop alive. A closed session may be opened
  // again, also before its `closed` was called. That `closed` still comes, even if the handle is
  // destroyed meanwhile.
  // Errors: invalid_argument; unsafe_timing (the message has the numbers); system, also where
  // CLOCK_BOOTTIME cannot be read (seccomp), as no token could end in time; no_memory; wrong_state
  // if it is open already.
  [[nodiscard]] error open(uv_loop_s* loop, const session_options& options,
                           session_events events = {});

  // Ends it. Tokens are cancelled at once, and leaders are told `lost`. The lease is revoked as
  // soon as every candidate's work has stopped (`candidate::work_stopped`, or the stop grace). Then
  // `closed` is called. That takes at most stop_grace + request_timeout. If the session is not
  // open, or is closed already, false is returned and `closed` is not called.
  bool close(std::function<void()> closed = {});

  [[nodiscard]] bool is_open() const noexcept;  // opened and not closing
  [[nodiscard]] session_stats stats() const noexcept;

 private:
  friend class candidate;
  friend class directory;
  friend class observer;
  friend class job_runner;
  std::shared_ptr<detail::session_impl> impl_;
};

}  // namespace tenure

#endif
