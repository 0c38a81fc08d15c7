// A job runner behind its handle. It has a candidate for each job. What each job does next depends
// on the states of all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "core/time.hpp"
#include "election/directory_impl.hpp"
#include "jobs/entry.hpp"
#include "jobs/newcomers.hpp"
#include "jobs/places.hpp"
#include "jobs/shares.hpp"
#include "loop/slicer.hpp"
#include "session/session_impl.hpp"
#include "tenure/job_runner.hpp"

namespace tenure::detail {

class job_runner_impl : public std::enable_shared_from_this<job_runner_impl> {
 public:
  job_runner_impl(std::shared_ptr<session_impl> session, job_runner_options options,
                  job_runner_events events);
  ~job_runner_impl();

  [[nodiscard]] static error check(const std::vector<job>& jobs, const job_runner_options& options);
  // Both call `start_delay`: the user may do anything in it.
  error enlist(std::vector<job> jobs);
  error add(job one);
  void begin();
  error remove(const std::string& name, std::function<void()> removed);
  void failed(const std::string& name, const error& why);
  bool close(std::function<void()> closed);
  void silence();  // the handle is gone
  // Memory ran out in a call that cannot say so.
  void out_of_memory() noexcept { session_->out_of_memory(); }
  [[nodiscard]] bool ended() const { return closed_; }
  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] bool running(const std::string& name) const;

 private:
  static constexpr std::size_t jobs_a_turn = 64;

  // The list: job_runner_impl.cc.
  jobs::entry* find(const std::string& name) const;
  [[nodiscard]] error check_place(const std::string& name) const;
  error enlist(job&& one);

  // Seeking a job, running it, giving it back: job_runner_work.cc.
  void adjust(jobs::entry& one);  // stands where it should, and nowhere else
  void adjust_at(core::nanos when, jobs::entry& one);
  void enter(jobs::entry& one);
  void withdraw(jobs::entry& one);
  void acquired(jobs::entry& one, const leadership& term);
  void lost(jobs::entry& one, reason why);
  void stop_work(jobs::entry& one, reason why);
  void stopped(jobs::entry& one, std::uint64_t run);
  void ended(jobs::entry& one);
  void fail(jobs::entry& one, const error& why);
  void hand_over(jobs::entry& one);
  void step_down_later(jobs::entry& one, core::nanos after);
  [[nodiscard]] candidate_events events_for(jobs::entry& one);

  // Leaving the list: job_runner_close.cc.
  bool depart(jobs::entry& one);
  void depart_next_turn(jobs::entry& one);
  void departed(jobs::entry& one);
  void retire(jobs::entry& one);
  bool close_next();
  void done();

  // Sharing out: job_runner_balance.cc.
  void follow();
  void handed_over();
  void look();
  [[nodiscard]] bool sees_all() const { return directory_ != nullptr && directory_->current(); }
  [[nodiscard]] std::vector<leader_info> candidates_of(const jobs::entry& one) const;
  void look_within(core::nanos most);
  void consider(jobs::entry& one, core::nanos now);
  [[nodiscard]] std::vector<jobs::instance_id> queue_of(const jobs::entry& one, core::nanos now,
                                                        bool& any_new);

  // What is done later, and for many jobs at once: job_runner_later.cc.
  void adjust_all();
  bool adjust_next();
  void list_changed();

  // Calls `what` at or after this moment, unless the runner is closing by then.
  void at(core::nanos when, std::function<void()> what);
  // Calls `what` from the dispatcher, unless the runner is gone by then.
  void post(std::function<void()> what);

  std::shared_ptr<session_impl> session_;
  job_runner_options options_;
  job_runner_events events_;
  std::unordered_map<std::string, std::shared_ptr<jobs::entry>> entries_;
  std::vector<jobs::entry*> order_;  // as they came
  std::size_t running_ = 0;
  jobs::places places_;    // taken by what runs or is being stopped
  std::size_t moves_ = 0;  // given away, and the key is not gone yet
  bool closing_ = false;
  bool closed_ = false;
  bool silent_ = false;
  std::size_t departing_ = 0;  // jobs that are to be told of still
  std::size_t closed_to_ = 0;  // in `order_`
  slicer closes_{jobs_a_turn};
  std::function<void()> on_closed_;

  std::size_t to_adjust_ = 0;    // so many are to be looked at still
  std::size_t adjusted_to_ = 0;  // in `order_`
  slicer adjusting_{jobs_a_turn};

  std::shared_ptr<directory_impl> directory_;  // null: not needed
  jobs::shares shares_;
  jobs::newcomers newcomers_;
  std::size_t cursor_ = 0;     // where the next look goes on
  std::size_t looked_at_ = 0;  // so many since the last move
  core::nanos look_at_ = core::never;
  std::uint64_t looks_ = 0;  // an appointment for a look that was put forward is void
  random_choices choices_;
};

}  // namespace tenure::detail
