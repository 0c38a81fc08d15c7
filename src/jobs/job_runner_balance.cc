// How a job runner shares the jobs out: what it sees of the queues, and the moves that it makes.
#include <algorithm>
#include <utility>

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

// A move is over: the key is gone.
void job_runner_impl::handed_over() {
  if (--moves_ == 0) look_within(after_a_move);
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
  newcomers_.forget_absent(now);
  look_within(next);
}

void job_runner_impl::consider(jobs::entry& one, nanos now) {
  if (one.removing) return;
  if (one.state == jobs::work::running) {
    bool any_new = false;
    const std::vector<jobs::instance_id> queue = queue_of(one, now, any_new);
    // Newcomers will get jobs soon. What is given to others meanwhile would move twice.
    if (any_new ||
        now - one.running_since < std::chrono::nanoseconds(options_.balance_delay).count())
      return;
    if (queue.empty() || queue.front() != session_->lease() ||
        !jobs::gives_away(shares_, queue, moves_))
      return;
    hand_over(one);
    shares_.passes(one.what.name, queue[0], queue[1]);
    return;
  }
  if (one.stands && one.in_front == 1) {
    bool any_new = false;
    if (!jobs::steps_aside(shares_, queue_of(one, now, any_new), session_->lease())) return;
    withdraw(one);
    enter(one);
  }
}

std::vector<leader_info> job_runner_impl::candidates_of(const jobs::entry& one) const {
  const auto table = directory_ != nullptr ? directory_->table() : nullptr;
  return table != nullptr ? table->queue(one.what.name) : std::vector<leader_info>();
}

// Who stands for this job, the leader first. Those who came just now do not count yet: they may
// soon be gone.
std::vector<jobs::instance_id> job_runner_impl::queue_of(const jobs::entry& one, nanos now,
                                                         bool& any_new) {
  std::vector<jobs::instance_id> queue;
  for (const leader_info& each : candidates_of(one)) {
    jobs::instance_id who = instance_of(each);
    if (who != 0 && who != session_->lease() && newcomers_.see(who, now) && !queue.empty()) {
      any_new = true;
      who = 0;
    }
    queue.push_back(who);
  }
  return queue;
}

}  // namespace tenure::detail
