// How a job runner shares the jobs out: what it sees of the queues, and the moves that it makes.
#include <algorithm>

#include "base/clock.hpp"
#include "jobs/job_runner_impl.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

using core::millisecond;
using core::nanos;
using core::second;

// Each look is at a part of the jobs, so that the loop does not feel it. When all were looked at
// without a move, the looks become rare.
constexpr std::size_t jobs_a_look = 64;
constexpr std::size_t moves_a_look = 16;
constexpr nanos between_looks = second;
constexpr nanos after_a_move = 100 * millisecond;
constexpr std::size_t remembered = 256;
constexpr nanos absent_for = 600 * second;

// Candidates of other programs wait like anybody. But nothing is given to them for balance: we do
// not know what they should lead.
jobs::instance_id instance_of(const leader_info& who) {
  return who.instance.empty() ? 0 : names::split(who.key).lease;
}

}  // namespace

void job_runner_impl::follow() {
  if (!session_->is_open()) return;
  directory_events on;
  if (options_.balance) {
    on.leader = [weak = weak_from_this()](const std::string& shard, const leader_info& who) {
      if (const auto self = weak.lock()) self->shares_.led_by(shard, instance_of(who));
    };
  }
  on.current = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->look_within(between_looks);
  };
  directory_ = directory_impl::follow(*session_, std::move(on));
}

// Looks at some moment in the second half of this time, so that processes do not look in step. A
// look that is due earlier stays.
void job_runner_impl::look_within(nanos most) {
  if (!options_.balance || closing_) return;
  const nanos when = boot_time() + most / 2 +
                     static_cast<nanos>(choices_.below(static_cast<std::uint64_t>(most / 2)));
  if (look_at_ <= when) return;
  look_at_ = when;
  at(when, [this, mine = ++looks_] {
    if (mine == looks_) look();
  });
}

void job_runner_impl::look() {
  look_at_ = core::never;
  if (!sees_all()) return;  // it tells when it is again
  const nanos now = boot_time();
  nanos next = between_looks;
  // Further moves begin when the last ones are over. Then the key is gone: the stop grace is the
  // longest that this takes.
  if (moves_ == 0) {
    const std::size_t some = std::min(jobs_a_look, order_.size());
    for (std::size_t i = 0; i < some && moves_ < moves_a_look; ++i) {
      cursor_ = (cursor_ + 1) % order_.size();
      consider(*order_[cursor_], now);
    }
    looked_at_ = moves_ == 0 ? looked_at_ + some : 0;
    if (looked_at_ < order_.size()) next = after_a_move;
  }
  forget_the_absent(now);
  look_within(next);
}

void job_runner_impl::consider(slot& s, nanos now) {
  if (s.removing) return;
  if (s.state == work::running) {
    bool newcomers = false;
    const std::vector<jobs::instance_id> queue = queue_of(s, now, newcomers);
    // Newcomers will get jobs. A job that goes to another now would move twice.
    if (newcomers || now - s.since < std::chrono::nanoseconds(options_.balance_delay).count())
      return;
    if (queue.empty() || queue.front() != session_->lease() ||
        !jobs::gives_away(shares_, queue, moves_))
      return;
    give_away(s);
    shares_.passes(s.what.name, queue[0], queue[1]);
    return;
  }
  if (s.stands && s.in_front == 1) {
    bool newcomers = false;
    if (!jobs::steps_aside(shares_, queue_of(s, now, newcomers), session_->lease())) return;
    withdraw(s);
    enter(s);
  }
}

std::vector<leader_info> job_runner_impl::candidates_of(const slot& s) const {
  const auto table = directory_ != nullptr ? directory_->table() : nullptr;
  return table != nullptr ? table->queue(s.what.name) : std::vector<leader_info>();
}

// Those who came just now do not count yet: they may soon be gone.
std::vector<jobs::instance_id> job_runner_impl::queue_of(const slot& s, nanos now,
                                                         bool& newcomers) {
  std::vector<jobs::instance_id> queue;
  const nanos delay = std::chrono::nanoseconds(options_.balance_delay).count();
  for (const leader_info& each : candidates_of(s)) {
    jobs::instance_id who = instance_of(each);
    if (who != 0 && who != session_->lease()) {
      presence& p = seen_.try_emplace(who, presence{now, now}).first->second;
      p.last = now;
      if (!queue.empty() && now - p.first < delay) {
        newcomers = true;
        who = 0;
      }
    }
    queue.push_back(who);
  }
  return queue;
}

void job_runner_impl::forget_the_absent(nanos now) {
  if (seen_.size() <= remembered) return;
  for (auto at = seen_.begin(); at != seen_.end();) {
    at = now - at->second.last > absent_for ? seen_.erase(at) : std::next(at);
  }
}

// For balance, or because its time is over.
void job_runner_impl::give_away(slot& s) {
  const auto over = [weak = weak_from_this()](const error&) {
    const auto self = weak.lock();
    if (self && --self->moves_ == 0) self->look_within(after_a_move);
  };
  if (s.candidate->resign(resign_limit, over)) return;
  ++moves_;
  s.stands = false;
  s.state = work::stopping;
  --running_;
  post([this, held = slots_.at(s.what.name), term = s.term] {
    // It may have failed by itself meanwhile.
    if (held->state == work::stopping && held->term == term) stop_work(*held, reason::resigned);
  });
}

void job_runner_impl::step_down_later(slot& s, nanos after) {
  at(boot_time() + after,
     [this, weak = std::weak_ptr<slot>(slots_.at(s.what.name)), term = s.term] {
       const slot_ptr held = weak.lock();
       if (!held || held->state != work::running || held->term != term || held->removing) return;
       if (sees_all() && candidates_of(*held).size() > 1) {
         give_away(*held);
       } else {
         step_down_later(*held, between_looks);
       }
     });
}

}  // namespace tenure::detail
