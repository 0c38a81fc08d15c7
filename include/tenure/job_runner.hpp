// A job runner runs named jobs. Each job runs in one process of the application at a time.
//
// The runner stands in the election of each job. It starts the job when it is elected, and stops it
// when the leadership ends. It shares the jobs out evenly among the processes. It is a layer above
// session, candidate and directory: whoever needs none of this uses those.
//
// How the jobs are shared out:
// - Every process sees in the directory who leads each job and who waits for it.
// - A process gives a job away if the next in the job's queue leads at least two less.
// - The next in such a queue goes to its end if somebody who leads less waits behind.
// - A process leads what its session leads in the application. Candidates outside of runners count,
//   and so do jobs that only this process has on its list.
// - Each move is a handover, and makes the shares more equal. So the moves end, also with different
//   lists and quotas. Then nobody leads two more than one that waits for any of its jobs.
// - A process moves one job at a time. Where the difference is large it moves several: up to
//   sixteen, and all processes together up to a quarter of the difference. That is ten to a
//   hundred moves a second.
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
  // Starts the work. It may go on as long as `term.token` is not cancelled. An error says that it
  // could not start. The error is reported, and the job is given away. It is sought again after the
  // retry delay.
  std::function<error(const leadership& term)> start;
  // Stops the work, for this reason. The token is cancelled already. Call `stopped` when the work
  // has stopped, from within or later: then the next process may start. A second call does nothing,
  // nor does a call after the runner is gone. Work that is slower than the session's stop grace
  // loses the key all the same. It keeps its place in the quota until it says `stopped`.
  std::function<void(reason why, std::function<void()> stopped)> stop;
};

struct job_runner_options {
  // The most jobs that run here at once, at least 1. Jobs that are being stopped count. Empty: no
  // limit. A runner that is full waits in no queue. If it is elected all the same, it gives that
  // job back at once and does not start it.
  std::optional<std::size_t> quota;
  // How long after `run` or `add` a job is first sought. It is asked once for each job, within that
  // call. 0 to 24 h. Empty: 0.
  std::function<milliseconds(const std::string& job)> start_delay;
  // How long after its start a job is given up, as soon as anybody waits for it. It is asked at
  // each start. 0 or less: never. Empty: never.
  std::function<milliseconds(const std::string& job)> step_down_after;
  // Share the jobs out, as above.
  bool balance = true;
  // How long a process must have been there before it is given jobs. Also how long a job must have
  // run here before it is given away for balance. 0 to 24 h.
  milliseconds balance_delay{1000};
  // The pause before a job that failed is sought again: half to one and a half of this. It doubles
  // with each failure in a row, up to 64 times. 10 ms to 1 h.
  milliseconds retry_delay{1000};
  // Accept a list without jobs, and wait for `add`.
  bool allow_empty = false;
};

// Any may be empty.
struct job_runner_events {
  // The job could not start, or `failed` was called. The others go on.
  std::function<void(const std::string& job, const error&)> failed;
  // Something failed that concerns this job only, and is tried again. A failure that concerns all
  // jobs, such as an etcd that cannot be reached, is told once, by session_events::trouble.
  // Listen to that, too.
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
  // Errors: invalid_argument (no jobs, a name twice, a name that is no shard, a callback missing,
  // or an option out of its range); wrong_state if it is in use; closed; no_memory. After an error
  // nothing was begun.
  [[nodiscard]] error run(session& session, std::vector<job> jobs, job_runner_options options = {},
                          job_runner_events events = {});

  // Seeks one job more. Errors: as `run`; wrong_state if the runner is not running.
  [[nodiscard]] error add(job one);
  // Stops one job, hands it over and forgets it. `removed` is called when its work has stopped, or
  // with all others in `close`. Its name is free again then. `removed` is not called when the
  // session is closed. Errors: wrong_state if the runner is not running, or has no such job.
  [[nodiscard]] error remove(const std::string& name, std::function<void()> removed = {});

  // For a job whose work has ended by itself. It is treated like an error of `start`: `stop` is not
  // called any more. It does nothing if the job is not running here.
  void failed(const std::string& name, const error& why);

  // Stops all jobs. Each is handed over as soon as it says `stopped`. Then every `removed` that is
  // due is called, and `closed` as the last. That takes at most the session's stop_grace +
  // request_timeout. False if it is not running.
  bool close(std::function<void()> closed = {});

  [[nodiscard]] std::size_t running() const noexcept;  // started and not yet stopped
  [[nodiscard]] bool running(const std::string& name) const noexcept;

 private:
  std::shared_ptr<detail::job_runner_impl> impl_;
};

}  // namespace tenure

#endif
