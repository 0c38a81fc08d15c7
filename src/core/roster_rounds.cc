// What is due by time. Each of these does a slice a turn. So none keeps the user's loop, however
// many elections there are.
#include <algorithm>
#include <utility>

#include "core/roster.hpp"

namespace tenure::core {

void roster::remind(nanos at, election_id id, due what) {
  agenda_.push_back({at, id, what});
  std::push_heap(agenda_.begin(), agenda_.end());
}

void roster::keep(const context& c, const appointment& a) {
  give_up_first(c, a.id);
  election& e = all_[a.id];
  switch (a.what) {
    case due::grace:
      if (e.state == standing::stopping && e.loss.stop_until <= c.now) stopped(c, a.id);
      break;
    case due::reassurance: {
      e.leadership.reminded = false;
      if (e.state != standing::leading) break;
      const nanos until = e.leadership.confirmed_at + c.t.reassure_interval + c.t.reassure_timeout;
      if (until > c.now) {
        e.leadership.reminded = true;
        remind(until, a.id, due::reassurance);
      } else {
        lose(c, a.id, cause::reassurance_timed_out, false);
      }
      break;
    }
    case due::doubt:
      // A stand of ours may have been executed after its key was withdrawn.
      if (e.state == standing::idle && !closing_ && e.doubt.due(c.now) && c.lease.held())
        withdraw(a.id);
      break;
    case due::left:
      if (e.wish.waits_for == parting::left && e.wish.left_until <= c.now) let_go(c, a.id);
      break;
  }
}

// New leaders are written into their keys, many at once. That waits for others that stand, until
// they know their places.
nanos roster::announce_new(const context& c) {
  if (c.now >= announce_at_) {
    const bool others_stand = all_.count(standing::wanting) + all_.count(standing::creating) != 0;
    announcing_ = !others_stand || c.now >= announce_until_;
    announce_at_ = announcing_ ? never : std::min(c.now + announce_delay, announce_until_);
  }
  if (!announcing_) return announce_at_;
  const std::size_t end = std::min(unannounced_.size(), announced_ + light_slice());
  for (; announced_ < end; ++announced_) {
    const election_id id = unannounced_[announced_];
    if (all_[id].state == standing::leading) batches_.add(op::announce, id, all_[id]);
  }
  if (announced_ < unannounced_.size()) return c.now;
  unannounced_.clear();
  announced_ = 0;
  announcing_ = false;
  return announce_at_;
}

// Puts LastSeen, which is for people. Each leader's is put once in an interval, a few at each step.
nanos roster::announce_again(const context& c) {
  if (c.t.last_seen_interval == 0) return never;
  if (leaders() == 0) {
    round_ = {};
    return never;
  }
  if (round_.began == 0) {
    round_.began = c.now;
    round_.next = c.now + c.t.reassure_interval;
  }
  if (c.now >= round_.next) {
    const nanos gone = std::min(c.now - round_.began, c.t.last_seen_interval);
    // In thousandths: a product of elections and nanoseconds could be too large for a number.
    const nanos part = gone / (c.t.last_seen_interval / 1000);
    round_.until = static_cast<election_id>(all_.size() * static_cast<std::uint64_t>(part) / 1000);
    round_.next = c.now + c.t.reassure_interval;
  }
  const auto end = static_cast<election_id>(
      std::min<std::size_t>({round_.until, all_.size(), round_.done + light_slice()}));
  for (; round_.done < end; ++round_.done) {
    election& e = all_[round_.done];
    if (e.state == standing::leading) batches_.add(op::announce, round_.done, e);
  }
  if (round_.until >= all_.size() && round_.done >= round_.until) {
    round_.began = c.now;
    round_.done = round_.until = 0;
  }
  return round_.done < round_.until ? c.now : round_.next;
}

nanos roster::reassure_some(const context& c) {
  // What is due a moment later than a keepalive goes with it: the loop is woken once, not twice.
  // What is due soon goes with what is due now: there are fewer batches, and they are fuller.
  const nanos moment = c.t.reassure_interval / 32;
  if (!reassurances_.empty() && reassurances_.front().at <= c.now + moment) {
    reassure_until_ = std::max(reassure_until_, c.now + c.t.reassure_interval / 2);
  }
  for (std::size_t n = 0; n < light_slice(); ++n) {
    if (reassurances_.empty() || reassurances_.front().at > reassure_until_) {
      reassure_until_ = 0;
      break;
    }
    const reassurance next = reassurances_.front();
    reassurances_.pop_front();
    election& e = all_[next.id];
    if (e.state == standing::leading && e.leadership.reassure_at == next.at)
      batches_.add(op::reassure, next.id, e);
  }
  if (reassure_until_ != 0) return c.now;
  return reassurances_.empty() ? never : reassurances_.front().at;
}

// An older etcd can lose a delete around a compaction (etcd#18089). So no delete is waited for for
// ever.
nanos roster::reread_some(const context& c) {
  if (c.now >= reread_at_) {
    reread_at_ = c.now + c.t.ttl;
    reread_from_ = 0;
  }
  const auto end =
      static_cast<election_id>(std::min<std::size_t>(all_.size(), reread_from_ + light_slice()));
  for (; reread_from_ < end; ++reread_from_) {
    election& e = all_[reread_from_];
    if (e.state == standing::queued) batches_.add(op::read_queue, reread_from_, e);
  }
  if (reread_from_ < all_.size()) return c.now;
  return all_.count(standing::queued) != 0 ? reread_at_ : never;
}

nanos roster::tick(const context& c) {
  for (std::size_t n = 0; n < slice_ && !agenda_.empty() && agenda_.front().at <= c.now; ++n) {
    const appointment a = agenda_.front();
    std::pop_heap(agenda_.begin(), agenda_.end());
    agenda_.pop_back();
    keep(c, a);
  }
  tell_some(c);
  if (c.now >= held_until_) tell_held(c, cause::key_deleted);
  if (losing()) lose_slice(c);
  if (losing()) return c.now;
  nanos wake = agenda_.empty() ? never : agenda_.front().at;
  if (!closing_) {
    wake = std::min({wake, announce_new(c), announce_again(c), reassure_some(c), reread_some(c)});
    // A turn handles one large batch: it sends one, or takes the answer to one.
    if (std::exchange(busy_, false)) wake = c.now;
    if (wake > c.now) wake = std::min(wake, batches_.pump(c, all_));
  }
  return telling_.empty() ? std::min(wake, held_until_) : c.now;
}

}  // namespace tenure::core
