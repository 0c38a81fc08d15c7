// How jobs leave a runner, one by one or all: each is answered once, and `closed` is the last.
#include <algorithm>
#include <utility>

#include "jobs/job_runner_impl.hpp"

namespace tenure::detail {

error job_runner_impl::remove(const std::string& name, std::function<void()> removed) {
  jobs::entry* one = find(name);
  if (!session_->is_open()) return session_impl::not_open();
  if (one == nullptr || one->removing || closing_)
    return {errc::wrong_state, "there is no job " + name + " to remove", 0};
  one->removing = true;
  one->removed = std::move(removed);
  if (!depart(*one)) depart_next_turn(*one);
  return {};
}

// Closes its candidate; false if it has none to be closed.
bool job_runner_impl::depart(jobs::entry& one) {
  if (one.candidate == nullptr ||
      !one.candidate->close(
          [self = shared_from_this(), held = one.shared_from_this()] { self->departed(*held); })) {
    return false;
  }
  ++departing_;
  return true;
}

void job_runner_impl::depart_next_turn(jobs::entry& one) {
  if (!session_->is_open()) return;
  ++departing_;
  session_->post(
      [self = shared_from_this(), held = one.shared_from_this()] { self->departed(*held); });
}

// The key is gone: its work has stopped, or the stop grace is over.
void job_runner_impl::departed(jobs::entry& one) {
  one.candidate_closed = true;
  --departing_;
  // Work that goes on all the same keeps its name, unless the name will not be used again.
  if (one.state == jobs::work::idle || closing_ || !session_->is_open()) retire(one);
  if (closing_ && departing_ == 0) done();
}

void job_runner_impl::retire(jobs::entry& one) {
  const auto removed = std::exchange(one.removed, nullptr);
  if (!closing_) {
    order_.erase(std::remove(order_.begin(), order_.end(), &one), order_.end());
    list_changed();
    entries_.erase(one.what.name);  // the caller holds it
  }
  if (removed && !silent_) removed();
}

bool job_runner_impl::close(std::function<void()> closed) {
  if (closing_) return false;
  closing_ = true;
  on_closed_ = std::move(closed);
  if (directory_ != nullptr) directory_->close({});
  if (!session_->is_open()) {
    // If the session closes itself, some jobs may be left to wait for, or none. If none is left, no
    // other turn comes.
    while (departing_ == 0 && close_next()) {
    }
    if (departing_ == 0) {
      closed_ = true;
      return false;
    }
  }
  ++departing_;  // so that it does not end before all have been told
  const auto post = [self = shared_from_this()](auto what) {
    self->session_->post([self, what = std::move(what)] { what(); });
  };
  closes_.run(post, [this, post] {
    if (close_next()) return true;
    post([this] {
      if (--departing_ == 0) done();
    });
    return false;
  });
  return true;
}

// False: all have been told.
bool job_runner_impl::close_next() {
  if (closed_to_ >= order_.size()) return false;
  jobs::entry& one = *order_[closed_to_++];
  if (one.candidate_closed) {
    depart_next_turn(one);  // it works on after its grace: nobody waits for that now
  } else if (!one.removing) {
    depart(one);
  }
  return true;
}

void job_runner_impl::done() {
  closed_ = true;
  const auto closed = std::exchange(on_closed_, nullptr);
  if (closed && !silent_) closed();
}

void job_runner_impl::silence() {
  silent_ = true;
  if (!closing_) close({});
  on_closed_ = nullptr;
}

}  // namespace tenure::detail
