// A session: one etcd lease, kept alive by this process on the caller's libuv loop, and
// shared by all candidates of the process. It starts no thread and no loop.
//
// Rules for every handle here (session, candidate, observer, directory):
// - All calls are loop-thread only and legal from inside any callback, also of the handle itself.
// - No callback comes from within a call: state changes at once, callbacks follow from the loop,
//   one at a time, in order.
// - `close` may be called at any time and more than once; its callback comes from the loop and is
//   the handle's last one. Destroying a handle without it closes it silently: no further
//   callback comes. Either way the loop must go on turning until the closing is over, as with
//   every libuv handle; no destructor blocks.
// - A user's exception must not leave a callback: it ends the program.
// - In a forked child nothing is sent and every token is cancelled; a child that wants to
//   elect opens a session of its own on a loop of its own.
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
  // A lease was granted: its id and the TTL that etcd gave.
  std::function<void(std::int64_t lease, milliseconds ttl)> granted;
  // The lease is gone. Each candidate is told on its own, too.
  std::function<void(const error&)> lost;
  // Renewals have not come through for `jeopardy_after`; the tokens end in `left` unless one does.
  std::function<void(std::chrono::nanoseconds left)> jeopardy;
  // A renewal came through after jeopardy.
  std::function<void()> safe;
  // The loop was late by this much: frozen, suspended, or blocked by a callback.
  std::function<void(std::chrono::nanoseconds late)> stalled;
  // Something failed and is tried again.
  std::function<void(const error&)> trouble;
};

class TENURE_API session {
 public:
  session() noexcept = default;
  session(session&& other) noexcept;
  session& operator=(session&& other) noexcept;
  ~session();

  // Checks the options, reads the TLS files and gets ready; no packet is sent until the first
  // candidate stands, or observer or directory follows. `loop` stays the caller's and must outlive
  // the closing. An open session keeps the loop alive. One that was closed may be opened again,
  // also before its `closed`, which then comes even if the handle has been destroyed meanwhile.
  // Errors: invalid_argument, unsafe_timing (the message has the numbers), system, no_memory,
  // wrong_state if it is open already.
  [[nodiscard]] error open(uv_loop_s* loop, const session_options& options,
                           session_events events = {});

  // Ends it: tokens are cancelled at once, leaders are told `lost`, the lease is revoked as soon
  // as every candidate's work has stopped (`candidate::work_stopped`, or the stop grace), then
  // `closed` is called. That takes at most stop_grace + request_timeout. On a session that is not
  // open, and on one that is closed already, `closed` is not called and false is returned.
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
