// What a runner does later, or for many jobs at once: a slice a turn of the loop.
#include <utility>

#include "jobs/job_runner_impl.hpp"

namespace tenure::detail {

void job_runner_impl::post(std::function<void()> what) {
  if (!session_->is_open()) return;
  session_->post([weak = weak_from_this(), what = std::move(what)] {
    if (const auto self = weak.lock()) what();
  });
}

void job_runner_impl::at(core::nanos when, std::function<void()> what) {
  if (!session_->is_open()) return;
  session_->at(when, [weak = weak_from_this(), what = std::move(what)] {
    const auto self = weak.lock();
    if (self && !self->closing_) what();
  });
}

// Whoever asks anew while it goes on has all of them looked at once more, from where it is.
void job_runner_impl::adjust_all() {
  to_adjust_ = order_.size();
  adjusting_.run([this](auto what) { post(std::move(what)); }, [this] { return adjust_next(); });
}

bool job_runner_impl::adjust_next() {
  if (to_adjust_ == 0) return false;
  if (adjusted_to_ >= order_.size()) adjusted_to_ = 0;
  adjust(*order_[adjusted_to_++]);
  return --to_adjust_ != 0;
}

void job_runner_impl::list_changed() {
  if (to_adjust_ != 0) to_adjust_ = order_.size();
}

}  // namespace tenure::detail
