#include "core/roster.hpp"

#include <algorithm>

namespace tenure::core {

void roster::want(election_id id) {
  election& e = all_[id];
  all_.enter(e, standing::wanting);
  e.own_revision = 0;
  e.queue.forget();
  batches_.add(op::stand, id, e);
}

void roster::stand(const context& c, election_id id, bool campaign_again) {
  give_up_first(c, id);
  election& e = all_.of(id);
  if (e.wish.waits_for == parting::left) return;
  if (!e.wish.stands()) ++attached_;
  e.wish.candidate = campaign_again ? candidacy::again : candidacy::once;
  if (e.state == standing::idle) {
    want(id);
  } else {
    e.wish.rejoin = true;
  }
}

void roster::work_stopped(const context& c, election_id id, std::int64_t fencing_token) {
  give_up_first(c, id);
  const election& e = all_.of(id);
  // A late word of an earlier leadership does not end the grace of this one.
  if (e.state == standing::stopping && e.leadership.fencing_token == fencing_token) stopped(c, id);
}

// Takes the candidate out of the election. The way depends on where it is.
void roster::go(const context& c, election_id id, cause why) {
  const election& e = all_[id];
  switch (e.state) {
    case standing::idle: withdrawn(c, id); break;
    case standing::wanting:
      // A stand without an answer may have been executed.
      if (e.doubt.any() && c.lease.held()) {
        withdraw(id);
      } else {
        withdrawn(c, id);
      }
      break;
    case standing::queued: withdraw(id); break;
    case standing::leading: lose(c, id, why, false); break;
    default: break;  // it goes on with the answer, or with the end of the work
  }
}

void roster::resign(const context& c, election_id id) {
  election& e = all_.of(id);
  // A second resignation is answered together with the first. That may come now.
  const bool again = e.wish.waits_for == parting::resigned;
  if (again) e.wish.rejoin = false;
  give_up_first(c, id);
  if (again && e.wish.waits_for == parting::none && !closing_) return;
  if (e.wish.waits_for == parting::left) return;
  e.wish.waits_for = parting::resigned;
  e.wish.rejoin = false;
  go(c, id, cause::resigned);
}

// It is closed before its resignation is complete. So the end of its leadership is told as a loss.
void roster::overtake_resignation(const context& c, election_id id) {
  election& e = all_[id];
  if (e.wish.waits_for == parting::resigned) e.wish.waits_for = parting::none;
  if (e.state != standing::stopping || e.loss.why != cause::resigned) return;
  e.loss.why = cause::closed;
  c.tell(lost{id, e.loss.why});
}

void roster::leave(const context& c, election_id id) {
  give_up_first(c, id);
  election& e = all_.of(id);
  overtake_resignation(c, id);
  e.wish.waits_for = parting::left;
  e.wish.rejoin = false;
  e.wish.left_until = c.now + c.t.stop_grace + c.t.request_timeout;
  remind(e.wish.left_until, id, due::left);
  go(c, id, cause::closed);
}

void roster::observe(const context&, election_id id, bool on) {
  election& e = all_.of(id);
  if (e.leader.observed == on) return;
  e.leader.observed = on;
  if (on) {
    ++observed_;
    e.leader.known = false;
    batches_.add(op::read_leader, id, e);
  } else {
    --observed_;
  }
}

bool roster::forget(election_id id) {
  if (id >= all_.size()) return true;
  if (losing() || !all_[id].forgettable()) return false;
  all_[id] = {};
  return true;
}

// It leads if our key is there, nobody is in front, and the deadline is ahead.
void roster::try_lead(const context& c, election_id id) {
  election& e = all_[id];
  if (closing_ || e.state != standing::queued || !e.queue.front().empty() || !e.queue.sure())
    return;
  if (losing()) {
    ready_.push_back(id);
    return;
  }
  if (e.queue.more() || !e.queue.read_since(back_at_)) {
    batches_.add(op::read_queue, id, e);
    return;
  }
  if (c.now >= c.lease.cutoff(c.t)) {
    ready_.push_back(id);
    return;
  }
  all_.enter(e, standing::leading);
  e.leadership.fencing_token = e.own_revision;
  e.leadership.confirmed_at = c.now;
  e.leadership.seen_first = false;
  c.tell(acquired{id, e.leadership.fencing_token});
  if (!e.leadership.reminded)
    remind(c.now + c.t.reassure_interval + c.t.reassure_timeout, id, due::reassurance);
  e.leadership.reminded = true;
  reassure_at(id, c.now + c.t.reassure_interval);
  if (unannounced_.empty()) {
    announce_at_ = c.now + announce_delay;
    announce_until_ = c.now + c.t.reassure_interval;
  }
  unannounced_.push_back(id);
  if (e.leader.observed) leader_moved(id, e.own_revision);
}

void roster::tell_place(const context& c, election_id id) {
  c.tell(position{id, all_[id].queue.front().size()});
}

// The user's work has stopped, or its grace is over. Now the key may go.
void roster::stopped(const context& c, election_id id) {
  election& e = all_[id];
  tell_loss(c, id);
  if (!closing_ && (e.has_key() || e.doubt.any())) {
    withdraw(id);
  } else {
    withdrawn(c, id);
  }
}

void roster::withdraw(election_id id) {
  election& e = all_[id];
  all_.enter(e, standing::withdrawing);
  batches_.add(op::withdraw, id, e);
}

// There is no key of ours any more.
void roster::withdrawn(const context& c, election_id id) {
  election& e = all_[id];
  e.own_revision = 0;
  e.queue.forget();
  all_.enter(e, standing::idle);
  switch (e.wish.waits_for) {
    case parting::none: break;
    case parting::resigned:
      e.wish.waits_for = parting::none;
      c.tell(resigned{id});
      break;
    case parting::left: let_go(c, id); break;
  }
  if (e.wish.rejoin && !closing_) {
    e.wish.rejoin = false;
    want(id);
  } else if (e.doubt.any()) {
    remind(std::max(c.now, e.doubt.until()), id, due::doubt);
  }
}

// The candidate is told that it has left, whether its key has gone or not.
void roster::let_go(const context& c, election_id id) {
  election& e = all_[id];
  if (e.wish.stands()) --attached_;
  e.wish = {};
  c.tell(left{id});
}

void roster::own_key_gone(const context& c, election_id id) {
  election& e = all_[id];
  e.own_revision = 0;
  if (e.state == standing::leading) {
    lose(c, id, cause::key_deleted, true);
  } else if (e.state == standing::queued) {
    want(id);
  }
}

// Its queue may be another than was read. It does not lead before the queue was read again.
void roster::read_anew(election_id id) {
  election& e = all_[id];
  e.queue.doubt();
  batches_.add(op::read_queue, id, e);
}

void roster::leader_moved(election_id id, std::int64_t revision) {
  election& e = all_[id];
  e.leader.moved_at = std::max(e.leader.moved_at, revision);
  batches_.add(op::read_leader, id, e);
}

void roster::deleted(const context& c, election_id id, const change& what) {
  give_up_first(c, id);
  election& e = all_[id];
  if (e.state != standing::queued && e.state != standing::leading) return;
  const std::int64_t first = e.queue.first();
  switch (e.queue.take_delete(what, own_key(c, e))) {
    case queue::effect::none: break;
    case queue::effect::own_key: own_key_gone(c, id); break;
    case queue::effect::unclear: read_anew(id); break;
    case queue::effect::shorter:
      all_.placed(e);
      if (e.queue.front().empty()) {
        try_lead(c, id);
      } else {
        tell_place(c, id);
        if (e.queue.first() != first) leader_moved(id, what.mod_revision);
      }
      break;
  }
}

void roster::apply(const context& c, const std::vector<change>& changes) {
  for (const change& it : changes) {
    election& e = all_.of(it.election);
    if (it.deleted) {
      if (e.state == standing::creating || e.errands.queue) e.queue.keep(it);
      deleted(c, it.election, it);
    }
    if (e.leader.concerned(it)) leader_moved(it.election, it.mod_revision);
  }
}

// Applies the deletes that were heard while the queue was being read. The reading may not know
// them.
void roster::catch_up(const context& c, election_id id) {
  for (const change& it : all_[id].queue.take_kept()) deleted(c, id, it);
}

void roster::lease_granted(const context& c) {
  reread_at_ = c.now + c.t.ttl;
  batches_.lease_granted();
  busy_ = all_.count(standing::wanting) > 1;
}

// An older etcd acknowledges a keepalive that overlaps with the lease's end (etcd#20590). The
// delete of our key may come late on the watch. So no earlier reading counts. All queues are read
// anew, a slice a turn.
void roster::back(const context& c) {
  back_at_ = c.now;
  reread_at_ = c.now;
  ready_.clear();
}

// Those who had to wait do not lead at once. Their keys may have gone meanwhile.
void roster::renewed() {
  for (const election_id id : ready_) {
    if (all_[id].state == standing::queued) read_anew(id);
  }
  ready_.clear();
}

bool roster::wants_lease() const {
  return !closing_ && !losing() && all_.count(standing::wanting) != 0;
}

core::stake roster::stake() const {
  if (leaders() != 0) return stake::leadership;
  return all_.near() != 0 ? stake::next : stake::place;
}

bool roster::wants_watch() const { return !closing_ && (observed_ != 0 || attached_ != 0); }

}  // namespace tenure::core
