// How a job is sought, run and given back.
#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "jobs/job_runner_impl.hpp"

namespace tenure::detail {

namespace {

constexpr milliseconds resign_limit{60000};
constexpr milliseconds longest = std::chrono::hours(24);
constexpr int most_doublings = 6;

core::nanos to_nanos(milliseconds ms) { return std::chrono::nanoseconds(ms).count(); }

}  // namespace

void job_runner_impl::adjust(jobs::entry& one) {
  if (one.state != jobs::work::idle || one.removing || closing_) return;
  const bool wanted = places_.room() && boot_time() >= one.not_before;
  if (wanted == one.stands) return;
  if (wanted) {
    enter(one);
  } else {
    withdraw(one);
  }
}

void job_runner_impl::adjust_at(core::nanos when, jobs::entry& one) {
  at(when, [this, weak = one.weak_from_this()] {
    if (const auto held = weak.lock()) adjust(*held);
  });
}

candidate_events job_runner_impl::events_for(jobs::entry& one) {
  // The entry owns its candidate, which tells nothing more when it goes.
  candidate_events on;
  on.acquired = [weak = weak_from_this(), &one](const leadership& term) {
    if (const auto self = weak.lock()) self->acquired(one, term);
  };
  on.lost = [weak = weak_from_this(), &one](reason why, const error&) {
    if (const auto self = weak.lock()) self->lost(one, why);
  };
  on.position = [&one](std::size_t in_front) { one.in_front = in_front; };
  on.trouble = [weak = weak_from_this(), &one](const error& what) {
    const auto self = weak.lock();
    if (self && !self->silent_ && self->events_.trouble) self->events_.trouble(one.what.name, what);
  };
  return on;
}

void job_runner_impl::enter(jobs::entry& one) {
  error e;
  if (one.candidate != nullptr) {
    e = one.candidate->stand_again();
  } else if (!session_->is_open()) {
    e = session_impl::not_open();
  } else {
    candidate_options options;
    options.shard = one.what.name;
    e = candidate_impl::stand(*session_, options, events_for(one), one.candidate);
  }
  one.in_front = 0;
  one.stands = !e;
  if (!e || e.code == errc::closed) return;
  if (events_.trouble) {
    post([this, name = one.what.name, e] {
      if (!silent_ && !closed_) events_.trouble(name, e);
    });
  }
  one.not_before = boot_time() + to_nanos(options_.retry_delay);
  adjust_at(one.not_before, one);
}

// Out of the queue, or back with a leadership whose work is over or was never begun.
void job_runner_impl::withdraw(jobs::entry& one) {
  one.stands = false;
  one.in_front = 0;
  shares_.passes(one.what.name, session_->lease(), 0);
  // Refused only if the candidate is out already, or closing.
  (void)one.candidate->resign(resign_limit, {});
  one.candidate->work_stopped(one.fencing_token);
}

void job_runner_impl::acquired(jobs::entry& one, const leadership& term) {
  one.in_front = 0;
  one.fencing_token = term.fencing_token;
  if (closing_ || one.removing) return;
  // There is no place for it, or the last term's work still goes on. The job is given back, not
  // started, and sought again when that is over.
  if (one.state != jobs::work::idle || !places_.take()) {
    withdraw(one);
    return;
  }
  one.state = jobs::work::running;
  one.told_to_stop = false;
  one.running_since = boot_time();
  ++running_;
  const std::uint64_t mine = ++one.runs;
  const auto held = one.shared_from_this();  // whatever the user does in `start`
  if (const error e = one.what.start(term)) {
    if (one.state == jobs::work::running && one.runs == mine) fail(one, e);
    return;
  }
  if (closing_ || one.state != jobs::work::running || one.runs != mine) return;
  if (options_.step_down_after) {
    const milliseconds after = options_.step_down_after(one.what.name);
    if (after.count() > 0) step_down_later(one, to_nanos(std::min(after, longest)));
  }
  if (!places_.room()) adjust_all();
}

void job_runner_impl::lost(jobs::entry& one, reason why) {
  if (one.state == jobs::work::running) {
    one.state = jobs::work::stopping;
    --running_;
    shares_.passes(one.what.name, session_->lease(), 0);
    stop_work(one, why);
  } else if (one.state == jobs::work::idle) {
    one.candidate->work_stopped(one.fencing_token);
  }
}

// From the dispatcher only: it calls the user.
void job_runner_impl::stop_work(jobs::entry& one, reason why) {
  if (silent_) return;  // the stop grace does it
  one.told_to_stop = true;
  one.what.stop(why, [weak = weak_from_this(), held = one.weak_from_this(), run = one.runs] {
    const auto self = weak.lock();
    const auto of = held.lock();
    if (self && of) self->stopped(*of, run);
  });
}

void job_runner_impl::stopped(jobs::entry& one, std::uint64_t run) {
  if (one.state != jobs::work::stopping || one.runs != run) return;
  ended(one);
}

// The work is over, however it ended.
void job_runner_impl::ended(jobs::entry& one) {
  if (one.state == jobs::work::running) --running_;
  one.state = jobs::work::idle;
  const bool was_full = places_.free();
  one.candidate->work_stopped(one.fencing_token);
  if (one.candidate_closed && !closing_) {
    post([this, held = one.shared_from_this()] { retire(*held); });
  }
  if (was_full) {
    adjust_all();
  } else {
    adjust(one);
  }
}

void job_runner_impl::fail(jobs::entry& one, const error& why) {
  const core::nanos now = boot_time();
  const core::nanos base = to_nanos(options_.retry_delay);
  // It has worked well since.
  if (now - one.running_since > base << most_doublings) one.failures = 0;
  const core::nanos pause = base << one.failures;
  if (one.failures < most_doublings) ++one.failures;
  one.not_before =
      now + pause / 2 + static_cast<core::nanos>(choices_.below(static_cast<std::uint64_t>(pause)));
  adjust_at(one.not_before, one);
  withdraw(one);
  ended(one);
  if (!events_.failed) return;
  post([this, name = one.what.name, why] {
    if (!silent_ && !closed_) events_.failed(name, why);
  });
}

void job_runner_impl::failed(const std::string& name, const error& why) {
  jobs::entry* one = find(name);
  if (one == nullptr || one->state == jobs::work::idle) return;
  if (one->state == jobs::work::stopping && one->told_to_stop) {
    stopped(*one, one->runs);  // it ended while it was being stopped
  } else {
    fail(*one, why);
  }
}

// For balance, or because its time is over.
void job_runner_impl::hand_over(jobs::entry& one) {
  const auto over = [weak = weak_from_this()](const error&) {
    if (const auto self = weak.lock()) self->handed_over();
  };
  if (one.candidate->resign(resign_limit, over)) return;
  ++moves_;
  one.stands = false;
  one.state = jobs::work::stopping;
  --running_;
  post([this, held = one.shared_from_this(), run = one.runs] {
    // It may have failed by itself meanwhile.
    if (held->state == jobs::work::stopping && held->runs == run)
      stop_work(*held, reason::resigned);
  });
}

// Its time is over when somebody can take it over.
void job_runner_impl::step_down_later(jobs::entry& one, core::nanos after) {
  at(boot_time() + after, [this, weak = one.weak_from_this(), run = one.runs] {
    const auto held = weak.lock();
    if (!held || held->state != jobs::work::running || held->runs != run || held->removing) return;
    if (sees_all() && candidates_of(*held).size() > 1) {
      hand_over(*held);
    } else {
      step_down_later(*held, core::second);
    }
  });
}

}  // namespace tenure::detail
