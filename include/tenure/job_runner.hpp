// A job runner: named jobs, each of which runs in one process of the application at a time.
//
// It stands in the election of each job, starts the job when it is elected, stops it when the
// leadership ends, and shares the jobs out evenly among the processes that run them. A layer of its
// own above session, candidate and directory; whoever needs none of it uses those.
//
// How the jobs are shared out: everybody sees in the directory who leads which job and who waits
// for it. A process gives a job away if the next in its queue leads at least two less than it does
// itself; one that is next in the queue of such a job goes to its end if somebody with less waits
// behind it. What a process leads is whatever its session leads in the application: jobs that are
// on nobody else's list, as in a rollout that adds some, and candidates outside of runners count
// too. Each move makes the shares more equal, so it ends, also with different lists and quotas:
// then nobody leads two more than one that waits for any of its jobs. A move is a handover. A
// process makes one at a time, and several where the difference is large: up to sixteen, and up to
// a quarter of it, together with the others. That is ten to a hundred a second.
#ifndef TENURE_JOB_RUNNER_HPP
#define TENURE_JOB_RUNNER_HPP

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tenure/candidate.hpp>
#include <tenure/error.hpp>
#include <tenure/export.hpp>
#include <tenure/session.hpp>
#include <tenure/token.hpp>

namespace tenure {

namespace detail {
class job_runner_impl;
}

// Both callbacks come from the loop.
struct job {
  // The shard of its election, as in candidate_options; not empty. Unique in a runner.
  std::string name;
  // Starts the work, which may go on as long as `term.token` is not cancelled. An error says that
  // it could not start: it is reported, the job is given away, and sought again after the retry
  // delay.
  std::function<error(const leadership& term)> start;
  // Stops the work that was started, for this reason; the token is cancelled already. Call
  // `stopped` when it has stopped, from within or later: then the next process may start. A call
  // too many, and one after the runner is gone, does nothing. Work that is slower than the
  // session's stop grace loses the key all the same, and keeps its place in the quota until it says
  // `stopped`.
  std::function<void(reason why, std::function<void()> stopped)> stop;
};

struct job_runner_options {
  // The most jobs that run here at once, those being stopped included; at least 1. Empty: no
  // limit. A runner that is full waits in no queue; what it is elected for beyond that is given
  // back at once, unstarted.
  std::optional<std::size_t> quota;
  // How long after `run` or `add` a job is first sought; it is asked once a job, within that call.
  // 0 to 24 h. Empty: 0.
  std::function<milliseconds(const std::string& job)> start_delay;
  // How long after its start a job is given up, as soon as anybody waits for it; it is asked at
  // each start. 0 or less: never. Empty: never.
  std::function<milliseconds(const std::string& job)> step_down_after;
  // Share the jobs out, as above.
  bool balance = true;
  // How long a process must have been there before it is given jobs, and a job must have run here
  // before it is given away for balance. 0 to 24 h.
  milliseconds balance_delay{1000};
  // After a job failed, before it is sought again: half to one and a half of this, doubled with
  // each failure in a row, up to 64 times. 10 ms to 1 h.
  milliseconds retry_delay{1000};
  // Accept a list without jobs, and wait for `add`.
  bool allow_empty = false;
};

// Any may be empty.
struct job_runner_events {
  // The job could not start, or `failed` was called. The others go on.
  std::function<void(const std::string& job, const error&)> failed;
  // Something failed that concerns this job only, and is tried again. What concerns them all, such
  // as an etcd that cannot be reached, is told once, by session_events::trouble: listen to that,
  // too.
  std::function<void(const std::string& job, const error&)> trouble;
};

// The rules for every handle in session.hpp hold.
class TENURE_API job_runner {
 public:
  job_runner() noexcept = default;
  job_runner(job_runner&& other) noexcept;
  job_runner& operator=(job_runner&& other) noexcept;
  ~job_runner();

  // Seeks these jobs. Only this runner may stand in their elections on this session.
  // Errors: invalid_argument (no jobs, a name twice or not fit for a shard, a callback missing, an
  // option out of its range: nothing was begun then); wrong_state if it is in use; closed;
  // no_memory.
  [[nodiscard]] error run(session& session, std::vector<job> jobs, job_runner_options options = {},
                          job_runner_events events = {});

  // One job more, or one less: it is stopped and handed over, then forgotten; its name is free
  // again when `removed` is called: when its work has stopped, and with all others in `close`.
  // Nothing is called when the session is closed. Errors: as run; wrong_state if not running, or
  // there is no such job.
  [[nodiscard]] error add(job one);
  [[nodiscard]] error remove(const std::string& name, std::function<void()> removed = {});

  // To be called by a job whose work has ended by itself: as an error of `start`. `stop` is not
  // called any more. Does nothing if the job is not running here.
  void failed(const std::string& name, const error& why);

  // Stops all jobs and hands each over as soon as it says `stopped`; then calls what `removed` is
  // due, and `closed` as the last, at the latest after the session's stop_grace + request_timeout.
  // False if it is not running.
  bool close(std::function<void()> closed = {});

  [[nodiscard]] std::size_t running() const noexcept;  // started and not yet stopped
  [[nodiscard]] bool running(const std::string& name) const noexcept;

 private:
  std::shared_ptr<detail::job_runner_impl> impl_;
};

}  // namespace tenure

#endif
