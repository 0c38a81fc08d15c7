// How leaderships are lost: one, or all of a session. All are lost in slices, so that ten thousand
// do not keep the user's loop. Their tokens share a deadline, so these are cancelled at once all
// the same.
#include <algorithm>
#include <utility>

#include "core/roster.hpp"

namespace tenure::core {

namespace {

// How long the reason of a loss may be looked for before it is told.
constexpr nanos longest_hold = 500 * millisecond;

}  // namespace

void roster::lose(const context& c, election_id id, cause why, bool hold) {
  election& e = all_[id];
  all_.enter(e, standing::stopping);
  e.why = why;
  e.stop_until = c.now + c.t.stop_grace;
  if (why != cause::resigned && why != cause::closed) e.rejoin = e.again && !closing_;
  remind(e.stop_until, id, due::grace);
  tell t{};
  t.what = news::cancelled;
  t.election = id;
  t.why_lost = why;
  c.say(tell(t));
  if (why == cause::resigned) return;
  if (hold) {
    e.loss_held = true;
    if (held_.empty()) held_until_ = c.now + std::min(c.t.request_timeout, longest_hold);
    held_since_ = c.now;
    held_.push_back(id);
    return;
  }
  t.what = news::lost;
  c.say(std::move(t));
}

void roster::close(const context& c) {
  closing_ = true;
  batches_.clear(all_);
  begin_sweep(c, sweep_of::closing, cause::closed);
}

void roster::lease_gone(const context& c, cause why) {
  tell_held(c, why);
  refused_ = 0;
  ready_.clear();
  reread_at_ = never;
  begin_sweep(c, sweep_of::lease, why);
}

void roster::deadline_passed(const context& c) {
  begin_sweep(c, sweep_of::deadline, cause::deadline_passed);
}

// A stronger sweep does all that a weaker one would have done. It begins anew, but the cause stays.
void roster::begin_sweep(const context& c, sweep_of what, cause why) {
  if (what <= sweep_.what) return;
  if (!sweeping()) sweep_.why = why;
  sweep_.what = what;
  sweep_.next = 0;
  sweep_.end = all_.size();
  sweep_some(c);
  if (!sweeping() || leaders() == 0) return;
  tell t{};
  t.what = news::cancelled_all;
  t.why_lost = sweep_.why;
  c.say(std::move(t));
}

void roster::sweep_some(const context& c) {
  for (std::size_t n = 0; n < slice_ && sweep_.next < sweep_.end; ++n) sweep_one(c, sweep_.next++);
  if (sweep_.next < sweep_.end) return;
  sweep_.what = sweep_of::nothing;
  renewed();  // those who had to wait for this
}

// May be done twice: nothing new begins before all is swept.
void roster::sweep_one(const context& c, election_id id) {
  election& e = all_[id];
  if (sweep_.what == sweep_of::lease) {
    e.doubt_until = e.doubt_pause = 0;
    e.reading = false;
    e.own_revision = 0;
  }
  if (e.state == standing::leading) lose(c, id, sweep_.why, false);
  if (sweep_.what == sweep_of::closing) overtake_resignation(c, id);
  if (sweep_.what != sweep_of::lease) return;
  switch (e.state) {
    case standing::creating:
      if (!e.wanted()) {
        withdrawn(c, id);
        break;
      }
      [[fallthrough]];
    case standing::queued: want(id); break;
    case standing::withdrawing: withdrawn(c, id); break;
    default: break;
  }
}

// Before anything else happens to it.
void roster::settle(const context& c, election_id id) {
  if (sweeping() && id < sweep_.end) sweep_one(c, id);
}

void roster::lease_lives(const context& c, nanos asked_at) {
  if (!held_.empty() && asked_at >= held_since_) tell_held(c, cause::key_deleted);
}

// The reason of the losses that were held back is known now. They are told in slices.
void roster::tell_held(const context& c, cause why) {
  held_until_ = never;
  for (const election_id id : held_) {
    if (all_[id].loss_held) all_[id].why = why;
  }
  telling_.insert(telling_.end(), held_.begin(), held_.end());
  held_.clear();
  tell_some(c);
}

void roster::tell_some(const context& c) {
  for (std::size_t n = 0; n < slice_ && !telling_.empty(); ++n) {
    const election_id id = telling_.front();
    telling_.pop_front();
    tell_loss(c, id);
  }
}

void roster::tell_loss(const context& c, election_id id) {
  election& e = all_[id];
  if (!e.loss_held) return;
  e.loss_held = false;
  tell t{};
  t.what = news::lost;
  t.election = id;
  t.why_lost = e.why;
  c.say(std::move(t));
}

}  // namespace tenure::core
