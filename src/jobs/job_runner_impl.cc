#include "jobs/job_runner_impl.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

constexpr milliseconds longest = std::chrono::hours(24);
constexpr int most_doublings = 6;

core::nanos to_nanos(milliseconds ms) { return std::chrono::nanoseconds(ms).count(); }

error bad(std::string message) { return {errc::invalid_argument, std::move(message), 0}; }

error check_job(const job& one) {
  if (one.name.empty()) return bad("jobs: a job without a name");
  if (error e = names::check_shard(one.name)) return e;
  if (!one.start || !one.stop) return bad("jobs: " + one.name + " needs both start and stop");
  return {};
}

error check_range(const char* name, milliseconds value, milliseconds least, milliseconds most) {
  if (value >= least && value <= most) return {};
  return bad(std::string(name) + " is " + std::to_string(value.count()) + " ms; it must be " +
             std::to_string(least.count()) + " ms to " + std::to_string(most.count()) + " ms");
}

}  // namespace

job_runner_impl::job_runner_impl(std::shared_ptr<session_impl> session, job_runner_options options,
                                 job_runner_events events)
    : session_(std::move(session)),
      options_(std::move(options)),
      events_(std::move(events)),
      places_(options_.quota) {}

job_runner_impl::~job_runner_impl() {
  if (directory_ != nullptr) directory_->silence();
}

error job_runner_impl::check(const std::vector<job>& jobs, const job_runner_options& o) {
  if (jobs.empty() && !o.allow_empty)
    return bad("jobs: the list is empty; set allow_empty to wait for `add`");
  std::set<std::string> names;
  for (const job& each : jobs) {
    if (error e = check_job(each)) return e;
    if (!names.insert(each.name).second)
      return bad("jobs: " + each.name + " is there twice; each needs a name of its own");
  }
  if (o.quota && *o.quota == 0)
    return bad("quota is 0; it must be at least 1, or empty for no limit");
  if (error e = check_range("balance_delay", o.balance_delay, milliseconds(0), longest)) return e;
  return check_range("retry_delay", o.retry_delay, milliseconds(10), std::chrono::hours(1));
}

error job_runner_impl::enlist(std::vector<job> jobs) {
  for (job& each : jobs) {
    if (error e = enlist(std::move(each))) return e;
  }
  return {};
}

void job_runner_impl::begin() {
  if (options_.balance || options_.step_down_after) follow();
  settle_all();
}

error job_runner_impl::add(job one) {
  if (error e = check_job(one)) return e;
  if (error e = check_place(one.name)) return e;
  const std::string name = one.name;
  if (error e = enlist(std::move(one))) return e;
  settle(*find(name));
  return {};
}

error job_runner_impl::check_place(const std::string& name) const {
  if (closing_) return {errc::closed, "the job runner is closing", 0};
  if (!session_->is_open()) return session_impl::not_open();
  if (find(name) != nullptr) return bad("jobs: " + name + " is there already");
  return {};
}

error job_runner_impl::enlist(job&& one) {
  core::nanos not_before = 0;
  if (options_.start_delay) {
    const milliseconds delay = options_.start_delay(one.name);
    if (error e =
            check_range(("start_delay of " + one.name).c_str(), delay, milliseconds(0), longest))
      return e;
    if (delay.count() != 0) not_before = boot_time() + to_nanos(delay);
    // From within it anything may have been called.
    if (error e = check_place(one.name)) return e;
  }
  auto made = std::make_shared<slot>();
  made->not_before = not_before;
  made->what = std::move(one);
  order_.push_back(made.get());
  list_changed();
  if (not_before != 0) {
    at(not_before, [this, weak = std::weak_ptr<slot>(made)] {
      if (const slot_ptr s = weak.lock()) settle(*s);
    });
  }
  slots_.emplace(made->what.name, std::move(made));
  return {};
}

job_runner_impl::slot* job_runner_impl::find(const std::string& name) const {
  const auto at = slots_.find(name);
  return at == slots_.end() ? nullptr : at->second.get();
}

bool job_runner_impl::running(const std::string& name) const {
  const slot* s = find(name);
  return s != nullptr && s->state == work::running;
}

// --- seeking a job, running it, giving it back ---------------------------------------------------

// Stands where it should, and nowhere else.
void job_runner_impl::settle(slot& s) {
  if (s.state != work::idle || s.removing || closing_) return;
  const bool wanted = places_.room() && boot_time() >= s.not_before;
  if (wanted == s.stands) return;
  if (wanted) {
    enter(s);
  } else {
    withdraw(s);
  }
}

candidate_events job_runner_impl::events_for(slot& s) {
  // The slot lives as long as its candidate tells anything.
  candidate_events on;
  on.acquired = [weak = weak_from_this(), &s](const leadership& term) {
    if (const auto self = weak.lock()) self->acquired(s, term);
  };
  on.lost = [weak = weak_from_this(), &s](reason why, const error&) {
    if (const auto self = weak.lock()) self->lost(s, why);
  };
  on.position = [&s](std::size_t in_front) { s.in_front = in_front; };
  on.trouble = [weak = weak_from_this(), &s](const error& what) {
    const auto self = weak.lock();
    if (self && !self->silent_ && self->events_.trouble) self->events_.trouble(s.what.name, what);
  };
  return on;
}

void job_runner_impl::enter(slot& s) {
  error e;
  if (s.candidate != nullptr) {
    e = s.candidate->stand_again();
  } else if (!session_->is_open()) {
    e = session_impl::not_open();
  } else {
    candidate_options options;
    options.shard = s.what.name;
    e = candidate_impl::stand(*session_, options, events_for(s), s.candidate);
  }
  s.in_front = 0;
  s.stands = !e;
  if (!e || e.code == errc::closed) return;
  if (events_.trouble) {
    post([this, name = s.what.name, e] {
      if (!silent_ && !closed_) events_.trouble(name, e);
    });
  }
  s.not_before = boot_time() + to_nanos(options_.retry_delay);
  at(s.not_before, [this, weak = std::weak_ptr<slot>(slots_.at(s.what.name))] {
    if (const slot_ptr held = weak.lock()) settle(*held);
  });
}

// Out of the queue, or back with a leadership whose work is over or was never begun.
void job_runner_impl::withdraw(slot& s) {
  s.stands = false;
  s.in_front = 0;
  shares_.passes(s.what.name, session_->lease(), 0);
  // Refused only if the candidate is out already, or closing.
  (void)s.candidate->resign(resign_limit, {});
  s.candidate->work_stopped(s.fencing_token);
}

void job_runner_impl::acquired(slot& s, const leadership& term) {
  s.in_front = 0;
  s.fencing_token = term.fencing_token;
  if (closing_ || s.removing) return;
  // There is no place for it, or the last term's work still goes on. The job is given back, not
  // started, and sought again when that is over.
  if (s.state != work::idle || !places_.take()) {
    withdraw(s);
    return;
  }
  s.state = work::running;
  s.told_to_stop = false;
  s.since = boot_time();
  ++running_;
  const std::uint64_t mine = ++s.term;
  const slot_ptr held = slots_.at(s.what.name);
  if (const error e = s.what.start(term)) {
    if (s.state == work::running && s.term == mine) fail(s, e);
    return;
  }
  if (closing_ || s.state != work::running || s.term != mine) return;
  if (options_.step_down_after) {
    const milliseconds after = options_.step_down_after(s.what.name);
    if (after.count() > 0) step_down_later(s, to_nanos(std::min(after, longest)));
  }
  if (!places_.room()) settle_all();
}

void job_runner_impl::lost(slot& s, reason why) {
  if (s.state == work::running) {
    s.state = work::stopping;
    --running_;
    shares_.passes(s.what.name, session_->lease(), 0);
    stop_work(s, why);
  } else if (s.state == work::idle) {
    s.candidate->work_stopped(s.fencing_token);
  }
}

// From the dispatcher only: it calls the user.
void job_runner_impl::stop_work(slot& s, reason why) {
  if (silent_) return;  // the stop grace does it
  s.told_to_stop = true;
  s.what.stop(why, [weak = weak_from_this(), held = std::weak_ptr<slot>(slots_.at(s.what.name)),
                    term = s.term] {
    const auto self = weak.lock();
    const slot_ptr of = held.lock();
    if (self && of) self->stopped(*of, term);
  });
}

void job_runner_impl::stopped(slot& s, std::uint64_t term) {
  if (s.state != work::stopping || s.term != term) return;
  ended(s);
}

// The work is over, however it ended.
void job_runner_impl::ended(slot& s) {
  if (s.state == work::running) --running_;
  s.state = work::idle;
  const bool was_full = places_.free();
  s.candidate->work_stopped(s.fencing_token);
  if (s.gone && !closing_) {
    post([this, held = slots_.at(s.what.name)] { retire(*held); });
  }
  if (was_full) {
    settle_all();
  } else {
    settle(s);
  }
}

void job_runner_impl::fail(slot& s, const error& why) {
  const core::nanos now = boot_time();
  const core::nanos base = to_nanos(options_.retry_delay);
  // It has worked well since.
  if (now - s.since > base << most_doublings) s.failures = 0;
  const core::nanos pause = base << s.failures;
  if (s.failures < most_doublings) ++s.failures;
  s.not_before =
      now + pause / 2 + static_cast<core::nanos>(choices_.below(static_cast<std::uint64_t>(pause)));
  at(s.not_before, [this, weak = std::weak_ptr<slot>(slots_.at(s.what.name))] {
    if (const slot_ptr held = weak.lock()) settle(*held);
  });
  withdraw(s);
  ended(s);
  if (!events_.failed) return;
  post([this, name = s.what.name, why] {
    if (!silent_ && !closed_) events_.failed(name, why);
  });
}

void job_runner_impl::failed(const std::string& name, const error& why) {
  slot* s = find(name);
  if (s == nullptr || s->state == work::idle) return;
  if (s->state == work::stopping && s->told_to_stop) {
    stopped(*s, s->term);  // it ended while it was being stopped
  } else {
    fail(*s, why);
  }
}

}  // namespace tenure::detail
