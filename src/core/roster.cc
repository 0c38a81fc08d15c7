#include "core/roster.hpp"

#include <algorithm>

namespace tenure::core {

void roster::want(election_id id) {
  election& e = all_[id];
  all_.enter(e, standing::wanting);
  e.own_revision = 0;
  e.front.clear();
  e.early.clear();
  e.unsure = false;
  batches_.add(op::stand, id, e);
}

void roster::stand(const context& c, election_id id, bool campaign_again) {
  settle(c, id);
  election& e = all_.of(id);
  if (!e.stands) ++attached_;
  e.stands = true;
  e.again = campaign_again;
  if (e.state == standing::idle) {
    want(id);
  } else {
    e.rejoin = true;
  }
}

void roster::work_stopped(const context& c, election_id id, std::int64_t fencing_token) {
  settle(c, id);
  const election& e = all_.of(id);
  // A late word of an earlier leadership does not end the grace of this one.
  if (e.state == standing::stopping && e.fencing_token == fencing_token) stopped(c, id);
}

// Out of the election, by whatever way it is from where it stands.
void roster::go(const context& c, election_id id, cause why) {
  const election& e = all_[id];
  switch (e.state) {
    case standing::idle: withdrawn(c, id); break;
    case standing::wanting:
      // A stand without an answer may have been executed.
      if (e.doubt_until != 0 && c.lease.held()) {
        withdraw(id);
      } else {
        withdrawn(c, id);
      }
      break;
    case standing::queued: withdraw(id); break;
    case standing::leading: lose(c, id, why, false); break;
    default: break;  // goes on when the answer or the work's end comes
  }
}

void roster::resign(const context& c, election_id id) {
  election& e = all_.of(id);
  // One answer is for both: what is settled may be the end of the first.
  const bool again = e.resign_wanted;
  if (again) e.rejoin = false;
  settle(c, id);
  if (again && !e.resign_wanted && !closing_) return;
  e.resign_wanted = true;
  e.rejoin = false;
  go(c, id, cause::resigned);
}

// Closed before its resignation was complete: the leadership's end is told as a loss.
void roster::overtake_resignation(const context& c, election_id id) {
  election& e = all_[id];
  e.resign_wanted = false;
  if (e.state != standing::stopping || e.why != cause::resigned) return;
  tell t{};
  t.what = news::lost;
  t.election = id;
  t.why_lost = e.why = cause::closed;
  c.say(std::move(t));
}

void roster::leave(const context& c, election_id id) {
  settle(c, id);
  election& e = all_.of(id);
  overtake_resignation(c, id);
  e.leave_wanted = true;
  e.rejoin = false;
  e.left_until = c.now + c.t.stop_grace + c.t.request_timeout;
  remind(e.left_until, id, due::left);
  go(c, id, cause::closed);
}

void roster::observe(const context&, election_id id, bool on) {
  election& e = all_.of(id);
  if (e.observed == on) return;
  e.observed = on;
  if (on) {
    ++observed_;
    e.leader_known = false;
    batches_.add(op::read_leader, id, e);
  } else {
    --observed_;
  }
}

bool roster::forget(election_id id) {
  if (id >= all_.size()) return true;
  if (sweeping() || !all_[id].forgettable()) return false;
  all_[id] = {};
  return true;
}

// Leads if nothing speaks against it: our key is there, nobody is in front, and the deadline is
// ahead.
void roster::try_lead(const context& c, election_id id) {
  election& e = all_[id];
  if (closing_ || e.state != standing::queued || !e.front.empty() || e.unsure) return;
  if (sweeping()) {
    ready_.push_back(id);
    return;
  }
  if (e.front_more || e.read_sent < back_at_) {
    batches_.add(op::read_queue, id, e);
    return;
  }
  if (c.now >= c.lease.cutoff(c.t)) {
    ready_.push_back(id);
    return;
  }
  all_.enter(e, standing::leading);
  e.fencing_token = e.own_revision;
  e.confirmed_at = c.now;
  tell news_of{};
  news_of.what = news::acquired;
  news_of.election = id;
  news_of.value = e.own_revision;
  c.say(std::move(news_of));
  if (!e.reassurance_reminded)
    remind(c.now + c.t.reassure_interval + c.t.reassure_timeout, id, due::reassurance);
  e.reassurance_reminded = true;
  reassure_at(id, c.now + c.t.reassure_interval);
  if (unannounced_.empty()) {
    announce_at_ = c.now + announce_delay;
    announce_until_ = c.now + c.t.reassure_interval;
  }
  unannounced_.push_back(id);
  if (e.observed) leader_moved(id, e.own_revision);
}

void roster::tell_place(const context& c, election_id id) {
  const election& e = all_[id];
  tell t{};
  t.what = news::position;
  t.election = id;
  t.value = static_cast<std::int64_t>(e.front.size());
  c.say(std::move(t));
}

// The user's work has stopped, or its grace is over: now the key may go.
void roster::stopped(const context& c, election_id id) {
  election& e = all_[id];
  tell_loss(c, id);
  if (!closing_ && (e.has_key() || e.doubt_until != 0)) {
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
  e.front.clear();
  all_.enter(e, standing::idle);
  tell t{};
  t.election = id;
  if (e.resign_wanted) {
    e.resign_wanted = false;
    t.what = news::resigned;
    c.say(tell(t));
  }
  if (e.leave_wanted) {
    e.leave_wanted = false;
    e.stands = false;
    --attached_;
    t.what = news::left;
    c.say(tell(t));
  }
  if (e.rejoin && !closing_) {
    e.rejoin = false;
    want(id);
  } else if (e.doubt_until != 0) {
    remind(std::max(c.now, e.doubt_until), id, due::sweep);
  }
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

void roster::leader_moved(election_id id, std::int64_t revision) {
  election& e = all_[id];
  e.leader_dirty = std::max(e.leader_dirty, revision);
  batches_.add(op::read_leader, id, e);
}

void roster::deleted(const context& c, election_id id, const change& what) {
  settle(c, id);
  election& e = all_[id];
  if (e.state != standing::queued && e.state != standing::leading) return;
  const std::int64_t first = e.front.empty() ? 0 : e.front.front().create_revision;
  switch (take_delete(e, what, c.lease.id())) {
    case effect_of_delete::none: break;
    case effect_of_delete::own_key: own_key_gone(c, id); break;
    case effect_of_delete::unclear:
      e.unsure = true;
      batches_.add(op::read_queue, id, e);
      break;
    case effect_of_delete::shorter:
      if (e.front.empty()) {
        try_lead(c, id);
      } else {
        tell_place(c, id);
        if (e.front.front().create_revision != first) leader_moved(id, what.mod_revision);
      }
      break;
  }
}

void roster::apply(const context& c, const std::vector<change>& changes) {
  for (const change& it : changes) {
    election& e = all_.of(it.election);
    if (it.deleted) {
      if (e.state == standing::creating || e.reading) e.early.push_back(it);
      deleted(c, it.election, it);
      if (e.observed && (it.lease == 0 || it.lease == e.leader_lease))
        leader_moved(it.election, it.mod_revision);
    } else if (e.observed && e.leader_revision == 0) {
      leader_moved(it.election, it.mod_revision);
    }
  }
}

// Deletes that were heard while the queue was being read, and that the read does not know.
void roster::catch_up(const context& c, election_id id) {
  std::vector<change> early;
  early.swap(all_[id].early);
  for (const change& it : early) deleted(c, id, it);
}

void roster::lease_granted(const context& c) {
  reread_at_ = c.now + c.t.ttl;
  batches_.lease_granted();
  busy_ = all_.count(standing::wanting) > 1;
}

// An older etcd acknowledges a keepalive that overlaps the lease's end (etcd#20590), and the delete
// of our key may be late on the watch. So what was asked for before does not count, and all queues
// are read anew, a slice a turn.
void roster::back(const context& c) {
  back_at_ = c.now;
  reread_at_ = c.now;
  ready_.clear();
}

// Those who had to wait look first whether the key is still there.
void roster::renewed() {
  for (const election_id id : ready_) {
    election& e = all_[id];
    if (e.state != standing::queued) continue;
    e.unsure = true;
    batches_.add(op::read_queue, id, e);
  }
  ready_.clear();
}

bool roster::wants_lease() const {
  return !closing_ && !sweeping() && all_.count(standing::wanting) != 0;
}

bool roster::wants_watch() const { return !closing_ && (observed_ != 0 || attached_ != 0); }

}  // namespace tenure::core
