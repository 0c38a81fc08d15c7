// A candidate: one standing of this process in one election. Its user holds a token that is not
// cancelled while it leads, and only then.
//
// Keys, values and queue are those of Go's concurrency.Election and `etcdctl elect`. The candidate
// with the smallest create revision under APP/[SHARD/]leader/ leads.
#ifndef TENURE_CANDIDATE_HPP
#define TENURE_CANDIDATE_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <tenure/error.hpp>
#include <tenure/export.hpp>
#include <tenure/session.hpp>
#include <tenure/token.hpp>

namespace tenure {

namespace detail {
class candidate_impl;
}

// One term of office.
struct leadership {
  // The create revision of the leader's key. It grows with every term of an election, whoever
  // leads. Give it to the stores that you write to: they can refuse a stale leader by it.
  std::int64_t fencing_token = 0;
  std::string key;  // the leader's key in etcd
  std::chrono::system_clock::time_point since;
  tenure::token token;

  // Same as token.time_left().
  [[nodiscard]] std::chrono::nanoseconds time_left() const noexcept { return token.time_left(); }
};

// Whom etcd names as leader.
struct leader_info {
  std::int64_t fencing_token = 0;  // the create revision of its key; 0: nobody leads
  std::string key;
  std::string value;     // as stored; only the first 64 KiB
  std::string instance;  // `Instance`, if the value has tenure's format; else empty

  explicit operator bool() const noexcept { return fencing_token != 0; }
};

struct candidate_options {
  // The election is APP/SHARD/leader, or APP/leader if this is empty. UTF-8 without control
  // characters and "/". At most 255 bytes. Not "leader".
  std::string shard;
  // After a loss, stand again once the work has stopped.
  bool campaign_again = true;
};

// Any may be empty. Each `acquired` is ended by exactly one `lost` or `resigned`, and no other
// `acquired` comes before that. A `resign` after a loss, while the work still stops, is answered by
// a `resigned` of its own.
struct candidate_events {
  // The key is in the queue: this standing has begun.
  std::function<void()> campaigning;
  // How many are in front: 1 means next in line. It is never 0, because that is `acquired`. Only
  // the first 32 of a queue are read at once: in a longer queue it says 32 until fewer are left.
  std::function<void(std::size_t in_front)> position;
  // This process leads until the token is cancelled. Check the token before starting to work.
  std::function<void(const leadership&)> acquired;
  // It leads no more. The token was cancelled before. Stop the work, then call `work_stopped`.
  // The error's message has the evidence: how old the last renewal and the last confirmation were,
  // and what failed last.
  std::function<void(reason, const error&)> lost;
  // A `resign` is complete: the key is gone, or there was none.
  std::function<void()> resigned;
  // While waiting: another leads.
  std::function<void(const leader_info&)> leader;
  // Something failed and is tried again.
  std::function<void(const error&)> trouble;
};

class TENURE_API candidate {
 public:
  candidate() noexcept = default;
  candidate(candidate&& other) noexcept;
  candidate& operator=(candidate&& other) noexcept;
  ~candidate();

  // Stands in the election. It goes on until it is resigned or closed, whatever fails.
  // Errors: invalid_argument; wrong_state if it is in use, or if this session has a candidate in
  // that election already; closed if the session is closing; no_memory.
  [[nodiscard]] error stand(session& session, const candidate_options& options,
                            candidate_events events);

  // Says that the work of the leadership with this fencing token has stopped: the key may go, and
  // the candidate may stand again. Without it that happens when the stop grace is over. It does
  // nothing at any other time, and nothing for another leadership: a late call does no harm. May be
  // called from within `lost`.
  void work_stopped(std::int64_t fencing_token);
  // The same from within `lost`, for work that has stopped by then: it is the leadership that is
  // being told of. Anywhere else it names none, and does nothing.
  void work_stopped();

  // Gives the leadership up, or leaves the queue.
  // The token is cancelled before this returns. Then it waits for `work_stopped`, or for the stop
  // grace. Then the key is deleted, but only if it is still ours. Then `resigned` and `done` are
  // called. The candidate stands no more until `stand_again`.
  // `done` gets ok; timed_out after `limit`; or closed. The limit is 1 ms to 1 h. After a time-out
  // the deletion goes on, and the key goes with the lease at the latest.
  // Called twice, both are answered by the one resignation. If there is no key and none is wanted,
  // `done` gets ok at the next turn.
  // Errors: invalid_argument; wrong_state if it does not stand; closed.
  [[nodiscard]] error resign(milliseconds limit, std::function<void(const error&)> done = {});

  // Goes to the end of the queue, after `resign` or after a loss without `campaign_again`. A call
  // before the resignation is complete takes effect right after it. Errors: wrong_state, closed.
  [[nodiscard]] error stand_again();

  // As `session::close`, for this election only. The token is cancelled at once, and a leader is
  // told `lost`. The key is deleted as soon as the work has stopped. `closed` is called then, or
  // after stop_grace + request_timeout; the session goes on deleting.
  bool close(std::function<void()> closed = {});

  [[nodiscard]] bool leading() const noexcept;  // the token is not cancelled

 private:
  std::shared_ptr<detail::candidate_impl> impl_;
};

}  // namespace tenure

#endif
