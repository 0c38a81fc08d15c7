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
#include "election/candidate_impl.hpp"
#include "election/directory_impl.hpp"
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
  [[nodiscard]] bool ended() const { return closed_; }
  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] bool running(const std::string& name) const;

 private:
  enum class work : std::uint8_t { idle, running, stopping };
  struct slot {
    ~slot() {
      if (candidate != nullptr) candidate->silence();
    }
    job what;
    std::shared_ptr<candidate_impl> candidate;  // null: has never stood
    work state = work::idle;
    bool told_to_stop = false;  // this term
    bool stands = false;        // in the election, or as soon as it can
    bool removing = false;
    bool gone = false;           // removing, and its candidate is closed
    std::size_t in_front = 0;    // while waiting
    std::uint64_t term = 0;      // counts the starts
    std::int64_t fencing_token = 0;  // of its candidate's last leadership
    core::nanos since = 0;       // of the last one
    core::nanos not_before = 0;  // not sought before
    int failures = 0;            // in a row
    std::function<void()> removed;
  };
  using slot_ptr = std::shared_ptr<slot>;
  static constexpr milliseconds resign_limit{60000};
  static constexpr std::size_t jobs_a_turn = 64;

  // The jobs.
  slot* find(const std::string& name) const;
  [[nodiscard]] error check_place(const std::string& name) const;
  error enlist(job&& one);
  void settle(slot& s);
  void enter(slot& s);
  void withdraw(slot& s);
  void acquired(slot& s, const leadership& term);
  void lost(slot& s, reason why);
  void stop_work(slot& s, reason why);
  void stopped(slot& s, std::uint64_t term);
  void ended(slot& s);
  void fail(slot& s, const error& why);
  [[nodiscard]] candidate_events events_for(slot& s);

  // Leaving.
  bool depart(slot& s);
  void depart_next_turn(slot& s);
  void departed(slot& s);
  void retire(slot& s);
  bool close_next();
  void done();

  // Their shares.
  void follow();
  void look();
  [[nodiscard]] bool sees_all() const { return directory_ != nullptr && directory_->current(); }
  [[nodiscard]] std::vector<leader_info> candidates_of(const slot& s) const;
  void look_within(core::nanos most);
  void consider(slot& s, core::nanos now);
  [[nodiscard]] std::vector<jobs::instance_id> queue_of(const slot& s, core::nanos now,
                                                        bool& newcomers);
  void give_away(slot& s);
  void step_down_later(slot& s, core::nanos after);
  void forget_the_absent(core::nanos now);

  // For many jobs at once, a slice a turn.
  void settle_all();
  bool settle_next();
  void list_changed();

  // Calls `what` at or after this moment, unless the runner is closing by then.
  void at(core::nanos when, std::function<void()> what);
  // Calls `what` from the dispatcher, unless the runner is gone by then.
  void post(std::function<void()> what);

  std::shared_ptr<session_impl> session_;
  job_runner_options options_;
  job_runner_events events_;
  std::unordered_map<std::string, slot_ptr> slots_;
  std::vector<slot*> order_;
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

  std::size_t to_settle_ = 0;   // so many are to be looked at still
  std::size_t settled_to_ = 0;  // in `order_`
  slicer settling_{jobs_a_turn};

  std::shared_ptr<directory_impl> directory_;  // null: not needed
  jobs::shares shares_;
  struct presence {
    core::nanos first;
    core::nanos last;
  };
  std::unordered_map<jobs::instance_id, presence> seen_;
  std::size_t cursor_ = 0;     // where the next look goes on
  std::size_t looked_at_ = 0;  // so many since the last move
  core::nanos look_at_ = core::never;
  std::uint64_t looks_ = 0;  // an appointment for a look that was put forward is void
  random_choices choices_;
};

}  // namespace tenure::detail
