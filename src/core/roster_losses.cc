// How leaderships are lost: one, or all of a session. All are lost a slice at a time. So ten
// thousand of them do not keep the user's loop. Their tokens share a deadline, and end at once all
// the same.
#include <algorithm>
#include <utility>

#include "core/roster.hpp"

namespace tenure::core {

namespace {

// A loss is told after this time at the latest, whether its reason is known or not.
constexpr nanos longest_hold = 500 * millisecond;

}  // namespace

void roster::lose(const context& c, election_id id, cause why, bool hold) {
  election& e = all_[id];
  all_.enter(e, standing::stopping);
  e.loss.why = why;
  e.loss.stop_until = c.now + c.t.stop_grace;
  if (why != cause::resigned && why != cause::closed)
    e.wish.rejoin = e.wish.candidate == candidacy::again && !closing_;
  remind(e.loss.stop_until, id, due::grace);
  c.tell(cancelled{id, why});
  if (why == cause::resigned) return;
  if (hold) {
    e.loss.held = true;
    if (held_.empty()) held_until_ = c.now + std::min(c.t.request_timeout, longest_hold);
    held_since_ = c.now;
    held_.push_back(id);
    return;
  }
  c.tell(lost{id, why});
}

void roster::close(const context& c) {
  closing_ = true;
  batches_.clear(all_);
  lose_all(c, ended::session, cause::closed);
}

void roster::lease_gone(const context& c, cause why) {
  tell_held(c, why);
  refused_ = 0;
  ready_.clear();
  reread_at_ = never;
  lose_all(c, ended::lease, why);
}

void roster::deadline_passed(const context& c) {
  lose_all(c, ended::deadline, cause::deadline_passed);
}

// If something greater ends meanwhile, it begins anew. The first cause stays the one that is told.
void roster::lose_all(const context& c, ended what, cause why) {
  if (what <= losing_.what) return;
  if (!losing()) losing_.why = why;
  losing_.what = what;
  losing_.next = 0;
  losing_.end = all_.size();
  lose_slice(c);
  if (losing() && leaders() != 0) c.tell(all_cancelled{losing_.why});
}

void roster::lose_slice(const context& c) {
  for (std::size_t n = 0; n < slice_ && losing_.next < losing_.end; ++n) give_up(c, losing_.next++);
  if (losing_.next < losing_.end) return;
  losing_.what = ended::nothing;
  renewed();  // those who were ready waited for this
}

// What the end of `losing_.what` does to one election. It may be done twice: nothing new begins
// before it was done to all.
void roster::give_up(const context& c, election_id id) {
  election& e = all_[id];
  if (losing_.what == ended::lease) {
    e.doubt.end();
    batches_.forget_reading(e);
    e.own_revision = 0;
  }
  if (e.state == standing::leading) lose(c, id, losing_.why, false);
  if (losing_.what == ended::session) overtake_resignation(c, id);
  if (losing_.what != ended::lease) return;
  switch (e.state) {
    case standing::creating:
      if (!e.wish.key()) {
        withdrawn(c, id);
        break;
      }
      [[fallthrough]];
    case standing::queued: want(id); break;
    case standing::withdrawing: withdrawn(c, id); break;
    default: break;
  }
}

// Is called before anything else is done to an election.
void roster::give_up_first(const context& c, election_id id) {
  if (losing() && id < losing_.end) give_up(c, id);
}

void roster::lease_lives(const context& c, nanos asked_at) {
  if (!held_.empty() && asked_at >= held_since_) tell_held(c, cause::key_deleted);
}

// The reason of the losses that were held back is known. They are told a slice at a time.
void roster::tell_held(const context& c, cause why) {
  held_until_ = never;
  for (const election_id id : held_) {
    if (all_[id].loss.held) all_[id].loss.why = why;
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
  if (!std::exchange(e.loss.held, false)) return;
  c.tell(lost{id, e.loss.why});
}

}  // namespace tenure::core
