// What a runner does later, or for many jobs at once: a slice a turn of the loop.
#include <utility>

#include "base/clock.hpp"
#include "jobs/job_runner_impl.hpp"

namespace tenure::detail {

void job_runner_impl::post(std::function<void()> what) {
  if (!session_->is_open()) return;
  session_->post([weak = weak_from_this(), what = std::move(what)] {
    if (const auto self = weak.lock()) what();
  });
}

// A thousand jobs that were started together step down together.
void job_runner_impl::at(core::nanos when, std::function<void()> what) {
  appointments_.emplace(when, std::move(what));
  set_alarm();
}

void job_runner_impl::set_alarm() {
  if (appointments_.empty() || appointments_.begin()->first >= alarm_ || !session_->is_open())
    return;
  alarm_ = appointments_.begin()->first;
  session_->at(alarm_, [weak = weak_from_this(), when = alarm_] {
    const auto self = weak.lock();
    if (self && self->alarm_ == when)
      self->keep_appointments();  // else an earlier one was set meanwhile
  });
}

void job_runner_impl::keep_appointments() {
  if (closing_) return;
  const core::nanos now = boot_time();
  for (std::size_t n = 0;
       n < jobs_a_turn && !appointments_.empty() && appointments_.begin()->first <= now; ++n) {
    const auto what = std::move(appointments_.begin()->second);
    appointments_.erase(appointments_.begin());
    what();
  }
  if (!appointments_.empty() && appointments_.begin()->first <= now) {
    post([this] { keep_appointments(); });
    return;
  }
  alarm_ = core::never;
  set_alarm();
}

// If it is asked for anew while it goes on, all of them are looked at once more, from where it is.
void job_runner_impl::settle_all() {
  to_settle_ = order_.size();
  settle_some();
}

void job_runner_impl::settle_some() {
  for (std::size_t n = 0; n < jobs_a_turn && to_settle_ != 0; ++n, --to_settle_) {
    if (settled_to_ >= order_.size()) settled_to_ = 0;
    settle(*order_[settled_to_++]);
  }
  if (to_settle_ == 0 || std::exchange(settling_, true)) return;
  post([this] {
    settling_ = false;
    settle_some();
  });
}

void job_runner_impl::list_changed() {
  if (to_settle_ != 0) to_settle_ = order_.size();
}

}  // namespace tenure::detail
