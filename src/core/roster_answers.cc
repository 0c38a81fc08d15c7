// What the roster makes of the answers to its batched requests.
#include <algorithm>
#include <utility>

#include "core/roster.hpp"

namespace tenure::core {

namespace {

// A member that stood still may execute what it had received whenever it wakes: how long that is
// looked for.
constexpr nanos longest_doubt = 3600 * second;

}  // namespace

void roster::completed(const context& c, const completion& done, const answer* a) {
  const op what = done.asked.what;
  // Answers to an earlier lease's requests say nothing about the keys of this one.
  if (what != op::read_leader && done.asked.lease != c.lease.id()) return;
  const bool differs = done.what == outcome::ok && a != nullptr && a->differs;
  batches_.ended(c, done, all_, differs);
  if (what == op::withdraw && done.what == outcome::permission_denied) ++refused_;
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
    stand_failed(c, done, differs);
    return;
  }
  // A full store takes no announcement, but a confirmation: do not wait for its turn.
  const bool confirm = what == op::announce &&
                       (done.what == outcome::no_space || done.what == outcome::permission_denied);
  for (const item& it : done.asked.items) {
    election& e = all_[it.election];
    if (confirm && !closing_) batches_.add(op::reassure, it.election, e);
    if (what == op::read_queue) e.reading = false;
    if (what == op::read_leader) e.reading_leader = false;
    if (!closing_) batches_.add(what, it.election, e);
  }
}

void roster::stood(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const election_id id = done.asked.items[i].election;
    const item_answer& got = a.items[i];
    election& e = all_[id];
    if (e.state != standing::creating) continue;
    e.doubt_until = std::max(e.doubt_until, done.doubt_until);
    e.own_revision = got.applied ? a.revision : got.own_revision;
    tell t{};
    t.election = id;
    const bool stolen = !got.applied && got.own_lease != c.lease.id();
    if (stolen && e.has_key()) {
      // A key under our name that would not end with our lease: never lead by it.
      t.what = news::tampered;
      if (e.stands) c.say(std::move(t));  // else whom it concerned was told that he is out
      e.rejoin = e.rejoin || e.wanted();
      withdraw(id);
      continue;
    }
    if (!e.has_key()) {
      want(id);
      continue;
    }
    if (!e.wanted() || closing_) {
      withdraw(id);
      continue;
    }
    all_.enter(e, standing::queued);
    take_queue(e, a.rivals.data() + got.first, got.count, got.more, a.revision, c.lease.id());
    e.unsure = outdated(a);
    e.read_sent = done.sent;
    t.what = news::campaigning;
    c.say(std::move(t));
    catch_up(c, id);
    if (e.unsure) batches_.add(op::read_queue, id, e);
    if (e.state != standing::queued) continue;
    try_lead(c, id);
    if (e.state != standing::queued || e.front.empty()) continue;
    tell_place(c, id);
    leader_moved(id, a.revision);
  }
}

void roster::stand_failed(const context& c, const completion& done, bool differs) {
  for (const item& it : done.asked.items) {
    election& e = all_[it.election];
    if (e.state != standing::creating) continue;
    e.doubt_until = std::max(e.doubt_until, done.doubt_until);
    if (!e.wanted()) {
      // What differs may be that our key is there: HTTP clients send again what a reused connection
      // lost.
      if ((differs || e.doubt_until != 0) && !closing_) {
        withdraw(it.election);
      } else {
        withdrawn(c, it.election);
      }
      continue;
    }
    if (closing_) {
      withdrawn(c, it.election);
      continue;
    }
    tell t{};
    t.what = news::trouble;
    t.election = it.election;
    t.why = done.what;
    t.request = op::stand;
    t.value = done.endpoint;
    if (!batches::divisible(done) && done.what != outcome::ok) c.say(std::move(t));
    want(it.election);
  }
}

void roster::withdrawal_answered(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const election_id id = done.asked.items[i].election;
    election& e = all_[id];
    if (e.state != standing::withdrawing) continue;
    if (!a.items[i].applied && a.items[i].own_revision != 0) {
      // Another create revision than expected: a stand of ours was executed late.
      e.own_revision = a.items[i].own_revision;
      batches_.add(op::withdraw, id, e);
      continue;
    }
    // What was sent while a stand might still be executed did not see what came after it.
    if (e.doubt_until != 0 && e.doubt_until <= done.sent) doubt_longer(c, e);
    withdrawn(c, id);
  }
}

// Nothing was found: the next look comes after a pause twice as long.
void roster::doubt_longer(const context& c, election& e) {
  e.doubt_pause = std::max(2 * c.t.request_timeout, 2 * e.doubt_pause);
  e.doubt_until = e.doubt_pause <= longest_doubt ? c.now + e.doubt_pause : 0;
}

void roster::reassured(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const item& asked = done.asked.items[i];
    election& e = all_[asked.election];
    if (e.state != standing::leading || e.own_revision != asked.create_revision) continue;
    if (!a.items[i].applied) {
      const bool gone = a.items[i].own_revision == 0;
      e.own_revision = a.items[i].own_revision;  // it bears our name: it is withdrawn like our own
      lose(c, asked.election, gone ? cause::key_deleted : cause::reassurance_failed, gone);
      continue;
    }
    e.confirmed_at = std::max(e.confirmed_at, done.sent);
    // Its key is there, so it is still the first.
    e.read_revision = std::max(e.read_revision, a.revision);
    reassure_at(asked.election, std::max(c.now, done.sent + c.t.reassure_interval));
  }
}

// In order of time, though answers do not come in the order of their sending; nearly always at the
// end.
void roster::reassure_at(election_id id, nanos when) {
  const turn next{all_[id].reassure_at = when, id};
  reassurances_.insert(std::upper_bound(reassurances_.begin(), reassurances_.end(), next,
                                        [](const turn& x, const turn& y) { return x.at < y.at; }),
                       next);
}

void roster::queue_read(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const item& asked = done.asked.items[i];
    const item_answer& got = a.items[i];
    election& e = all_[asked.election];
    e.reading = false;
    if (e.state != standing::queued || e.own_revision != asked.create_revision) {
      e.early.clear();
      continue;
    }
    const std::size_t before = e.front.size();
    e.unsure = outdated(a);
    e.read_sent = done.sent;
    take_queue(e, a.rivals.data() + got.first, got.count, got.more, a.revision, c.lease.id());
    if (got.own_revision != e.own_revision) {
      own_key_gone(c, asked.election);
      continue;
    }
    catch_up(c, asked.election);
    if (e.unsure || e.read_sent < back_at_) batches_.add(op::read_queue, asked.election, e);
    if (e.state != standing::queued) continue;
    try_lead(c, asked.election);
    if (e.state != standing::queued || e.front.empty() || e.front.size() == before) continue;
    tell_place(c, asked.election);
    leader_moved(asked.election, a.revision);
  }
}

void roster::leader_read(const context& c, const completion& done, const answer& a) {
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const election_id id = done.asked.items[i].election;
    const item_answer& got = a.items[i];
    election& e = all_[id];
    e.reading_leader = false;
    if (!e.observed && e.state != standing::queued) continue;
    const rival first = got.count != 0 ? a.rivals[got.first] : rival{};
    const bool news_of_it = !e.leader_known || e.leader_revision != first.create_revision;
    e.leader_known = true;
    e.leader_revision = first.create_revision;
    e.leader_lease = first.lease;
    if (e.leader_dirty > a.revision || outdated(a)) batches_.add(op::read_leader, id, e);
    if (!news_of_it) continue;
    tell t{};
    t.what = news::leader;
    t.election = id;
    t.value = first.create_revision;
    c.say(std::move(t));
  }
}

}  // namespace tenure::core
