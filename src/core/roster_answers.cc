// What the roster makes of the answers to its batched requests.
#include <algorithm>
#include <utility>

#include "core/roster.hpp"

namespace tenure::core {

void roster::completed(const context& c, const completion& done, const answer* a) {
  const op what = done.asked.what;
  // A request of an earlier lease says nothing about the keys of this one.
  if (what != op::read_leader && done.asked.lease != c.lease.id()) return;
  const bool differs = done.what == outcome::ok && a != nullptr && a->differs;
  batches_.ended(c, done, all_, differs);
  if (what == op::withdraw && done.what == outcome::ok) refused_ = 0;
  const bool answered =
      done.what == outcome::ok && a != nullptr && a->items.size() == done.asked.items.size();
  busy_ = batches::large(done.asked);
  if (answered) {
    switch (what) {
      case op::stand: stood(c, done, *a); break;
      case op::withdraw: withdrawal_answered(c, done, *a); break;
      case op::reassure:
      case op::announce: reassured(c, done, *a); break;
      case op::read_queue: queue_read(c, done, *a); break;
      case op::read_leader: leader_read(c, done, *a); break;
      default: break;
    }
    return;
  }
  if (what == op::stand) {
    stand_failed(c, done);
    return;
  }
  if (what == op::withdraw && done.denied) withdrawal_denied(c, done);
  // A full store refuses the announcement, but not a reassurance. So that is asked for now.
  const bool confirm = what == op::announce &&
                       (done.what == outcome::no_space || done.what == outcome::permission_denied);
  for (const item& it : done.asked.items) {
    election& e = all_[it.election];
    if (confirm && !closing_) batches_.add(op::reassure, it.election, e);
    if (!closing_) batches_.add(what, it.election, e);
  }
}

reading roster::reading_of(const completion& done, const answer& a, const item_answer& got) const {
  return {a.rivals.data() + got.first, got.count, got.more, a.revision, done.sent, outdated(a)};
}

// Only the end of the lease takes away what we may not delete. That is worth it for a key that is
// there, or is likely to be. What is only suspected is looked for again, ever more seldom.
void roster::withdrawal_denied(const context& c, const completion& done) {
  bool likely = false;
  for (const item& it : done.asked.items) {
    election& e = all_[it.election];
    if (e.state != standing::withdrawing) continue;
    if (e.has_key() || !e.doubt.unlikely()) {
      likely = true;
      continue;
    }
    e.doubt.nothing_found(c.now, c.t.request_timeout);
    withdrawn(c, it.election);
  }
  if (likely) ++refused_;
}

void roster::stood(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const election_id id = done.asked.items[i].election;
    const item_answer& got = a.items[i];
    election& e = all_[id];
    if (e.state != standing::creating) continue;
    e.doubt.begin(done.doubt_until);
    e.own_revision = got.applied ? a.revision : got.own_revision;
    const bool stolen = !got.applied && got.own_lease != c.lease.id();
    if (stolen && e.has_key()) {
      // The key bears our name, but does not end with our lease. Nobody may lead by it.
      if (e.wish.stands()) c.tell(tampered{id});  // else the candidate has left
      e.wish.rejoin = e.wish.rejoin || e.wish.key();
      withdraw(id);
      continue;
    }
    if (!e.has_key()) {
      want(id);
      continue;
    }
    if (e.doubt.unlikely()) e.doubt.end();
    if (!e.wish.key() || closing_) {
      withdraw(id);
      continue;
    }
    all_.enter(e, standing::queued);
    e.queue.take(reading_of(done, a, got), own_key(c, e));
    all_.placed(e);
    c.tell(campaigning{id});
    catch_up(c, id);
    if (!e.queue.sure()) batches_.add(op::read_queue, id, e);
    if (e.state != standing::queued) continue;
    try_lead(c, id);
    if (e.state != standing::queued || e.queue.front().empty()) continue;
    tell_place(c, id);
    leader_moved(id, a.revision);
  }
}

void roster::stand_failed(const context& c, const completion& done) {
  for (const item& it : done.asked.items) {
    election& e = all_[it.election];
    if (e.state != standing::creating) continue;
    e.doubt.begin(done.doubt_until);
    if (done.what != outcome::not_sent) e.doubt.suspect(c.now);
    if (closing_) {
      withdrawn(c, it.election);
      continue;
    }
    if (!e.wish.key()) {
      if (e.doubt.any()) {
        withdraw(it.election);
      } else {
        withdrawn(c, it.election);
      }
      continue;
    }
    if (!batches::divisible(done) && done.what != outcome::ok)
      c.tell(stand_delayed{it.election, done.what, done.endpoint});
    want(it.election);
  }
}

void roster::withdrawal_answered(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const election_id id = done.asked.items[i].election;
    election& e = all_[id];
    if (e.state != standing::withdrawing) continue;
    if (!a.items[i].applied && a.items[i].own_revision != 0) {
      // The key has another create revision than expected. A stand of ours was executed late.
      e.own_revision = a.items[i].own_revision;
      batches_.add(op::withdraw, id, e);
      continue;
    }
    if (e.doubt.unlikely()) e.doubt.end();
    // If it was sent when the stand could still be executed, its key may come later.
    if (e.doubt.due(done.sent)) e.doubt.nothing_found(c.now, c.t.request_timeout);
    withdrawn(c, id);
  }
}

void roster::reassured(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const item& asked = done.asked.items[i];
    election& e = all_[asked.election];
    if (e.state != standing::leading || e.own_revision != asked.create_revision) continue;
    if (!a.items[i].applied) {
      const bool gone = a.items[i].own_revision == 0;
      e.own_revision = a.items[i].own_revision;  // it bears our name, so it is withdrawn
      lose(c, asked.election, gone ? cause::key_deleted : cause::reassurance_failed, gone);
      continue;
    }
    e.leadership.confirmed_at = std::max(e.leadership.confirmed_at, done.sent);
    e.leadership.seen_first = e.leadership.seen_first || asked.nobody_before != 0;
    e.queue.still_first(a.revision);
    reassure_at(asked.election, std::max(c.now, done.sent + c.t.reassure_interval));
  }
}

// The list is in order of time. Answers do not come in the order of their sending, so a place has
// to be found; nearly always it is the last.
void roster::reassure_at(election_id id, nanos when) {
  const reassurance next{all_[id].leadership.reassure_at = when, id};
  reassurances_.insert(
      std::upper_bound(reassurances_.begin(), reassurances_.end(), next,
                       [](const reassurance& x, const reassurance& y) { return x.at < y.at; }),
      next);
}

void roster::queue_read(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const item& asked = done.asked.items[i];
    const item_answer& got = a.items[i];
    election& e = all_[asked.election];
    if (e.state != standing::queued || e.own_revision != asked.create_revision) {
      e.queue.drop_kept();
      continue;
    }
    const std::size_t before = e.queue.front().size();
    e.queue.take(reading_of(done, a, got), own_key(c, e));
    all_.placed(e);
    if (got.own_revision != e.own_revision) {
      own_key_gone(c, asked.election);
      continue;
    }
    catch_up(c, asked.election);
    if (!e.queue.sure() || !e.queue.read_since(back_at_))
      batches_.add(op::read_queue, asked.election, e);
    if (e.state != standing::queued) continue;
    try_lead(c, asked.election);
    const std::size_t now = e.queue.front().size();
    if (e.state != standing::queued || now == 0 || now == before) continue;
    tell_place(c, asked.election);
    leader_moved(asked.election, a.revision);
  }
}

void roster::leader_read(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const election_id id = done.asked.items[i].election;
    const item_answer& got = a.items[i];
    election& e = all_[id];
    if (!e.leader.observed && e.state != standing::queued) continue;
    const rival first = got.count != 0 ? a.rivals[got.first] : rival{};
    const bool another = e.leader.take(first);
    if (e.leader.moved_at > a.revision || outdated(a)) batches_.add(op::read_leader, id, e);
    if (another) c.tell(leader_changed{id, first.create_revision});
  }
}

}  // namespace tenure::core
