// What befalls members.
#include <algorithm>

#include "cluster.hpp"
#include "world.hpp"

namespace sim {

// The leader is deposed by the others and does not notice: its network to them is gone, or its disk
// is stuck, or it was frozen and comes back while they cannot be reached.
void cluster::depose(bool frozen_first, nanos how_long, nanos vacancy) {
  if (leader_ == none || !quorum_without(leader_)) return;
  member& m = members_[leader_];
  const std::size_t old = leader_;
  m.cut = true;
  m.cut_since = w_->now;
  ++m.generation;
  if (std::none_of(members_.begin(), members_.end(), [](const member& it) { return it.zombie; })) {
    m.zombie = true;
    zombie_leases_.clear();
    for (const lease_entry& l : store.leases) zombie_leases_.push_back({l.id, l.ttl});
    // In the minority with it: a follower that hands it renewals.
    if (members_.size() == 5 && w_->of_cluster.chance(500)) {
      const std::size_t other = (leader_ + 1) % 5;
      if (connected(other)) {
        member& f = members_[other];
        f.cut = f.beside_zombie = true;
        f.cut_since = w_->now;
        w_->agenda.push(w_->now + how_long, happening::heal, other, ++f.generation);
      }
    }
  }
  m.asleep_since = frozen_first ? w_->now : never;
  if (frozen_first) m.frozen_until = w_->now + vacancy + w_->of_cluster.between(0, how_long / 2);
  w_->note("etcd: member %zu is deposed and does not know (term %llu)%s", old,
           static_cast<unsigned long long>(term_), frozen_first ? "; it sleeps first" : "");
  // Some can reach only this one: they live on the same host, or behind the same switch.
  for (std::size_t p = 0; p < w_->processes.size() && !w_->opt.small; ++p) {
    if (!w_->of_cluster.chance(200)) continue;
    w_->note("p%zu reaches only member %zu", p, old);
    for (std::size_t other = 0; other < members_.size(); ++other) {
      if (other != old) w_->network.hole(p, other, true, true, w_->now + how_long);
    }
  }
  w_->agenda.push(w_->now + how_long, happening::heal, old, m.generation);
  vacate(vacancy);
}

void cluster::swift_change() {
  if (leader_ == none) return;
  w_->note("etcd: the leader hands over");
  vacate(w_->of_cluster.between(0, 500 * millisecond));
}

void cluster::crash(std::size_t at, nanos how_long) {
  member& m = members_[at];
  if (!m.up) return;
  w_->note("etcd: member %zu dies", at);
  m.up = false;
  m.cut = m.zombie = m.beside_zombie = false;
  w_->agenda.push(w_->now + how_long, happening::heal, at, ++m.generation);
  w_->network.member_down(at);
  if (leader_ == at) vacate(w_->of_cluster.between(millisecond, 2500 * millisecond));
}

void cluster::freeze(std::size_t at, nanos how_long) {
  member& m = members_[at];
  if (!m.up) return;
  m.frozen_until = std::max(m.frozen_until, w_->now + how_long);
  m.apply_at = std::max(m.apply_at, m.frozen_until);
  w_->note("etcd: member %zu freezes", at);
  if (leader_ != at) return;
  if (how_long < second || members_.size() == 1) {  // too short to be missed: all have to wait
    return;
  }
  // Missed and replaced; when it wakes it soon hears of it, or later.
  depose(true, how_long + w_->of_cluster.between(0, 3 * second),
         w_->of_cluster.between(second, std::max(how_long, 2 * second)));
}

void cluster::cut(std::size_t at, nanos how_long) {
  member& m = members_[at];
  if (!m.up || m.cut || members_.size() == 1) return;
  if (at == leader_) {
    depose(false, how_long, w_->of_cluster.between(100 * millisecond, 2500 * millisecond));
    return;
  }
  if (leader_ != none && !quorum_without(at)) return;
  w_->note("etcd: member %zu is cut off", at);
  m.cut = true;
  m.cut_since = w_->now;
  w_->agenda.push(w_->now + how_long, happening::heal, at, ++m.generation);
  w_->network.member_cut(at);
}

void cluster::lose_quorum(nanos how_long) {
  if (leader_ == none || no_quorum_) return;
  w_->note("etcd: no quorum");
  no_quorum_ = true;
  for (member& m : members_) m.cut_since = w_->now;
  vacate(how_long + w_->of_cluster.between(0, 2 * second));
  w_->agenda.push(w_->now + how_long, happening::operator_acts,
                  static_cast<std::size_t>(act::brings_quorum));
}

void cluster::restore() {
  const std::int64_t lost = w_->of_cluster.between(1, 20);
  const std::int64_t to = std::max<std::int64_t>(1, store.revision - lost);
  w_->note("operator: the cluster is restored from a backup of revision %lld",
           static_cast<long long>(to));
  w_->checker.history_lost = true;
  store.restore_from_backup(to);
  w_->checker.keys_gone();
  ended_.clear();
  floods_.clear();
  for (std::size_t m = 0; m < members_.size(); ++m) {
    members_[m].applied = to;
    members_[m].snapshot = 0;
    w_->network.member_down(m);  // every member was restarted
  }
}

// From a backup of this very moment: only the terms are others.
void cluster::lower_terms() {
  if (leader_ == none || term_ < 4) return;
  term_ = 1 + w_->of_cluster.below(term_ - 1);
  w_->note("operator: the cluster is restored, and its terms go on from %llu",
           static_cast<unsigned long long>(term_));
  for (nanos& since : contradicted_) since = std::min(since, w_->now);
  misled_.assign(misled_.size(), w_->now);
  for (std::size_t at = 0; at < members_.size(); ++at) {
    member& m = members_[at];
    ++m.generation;
    m.up = true;
    m.cut = m.zombie = m.beside_zombie = m.lies = false;
    m.snapshot = 0;
    m.asleep_since = never;
    m.term = term_;
    m.applied = store.revision;
    w_->network.member_down(at);  // every member was restarted
  }
  for (lease_entry& l : store.leases) l.remainder = 0;
  vacate(w_->of_cluster.between(millisecond, 2500 * millisecond));
}

void cluster::lies(std::size_t at) { members_[at].lies = true; }

void cluster::no_entries(nanos how_long) {
  if (!takes_writes()) return;
  no_entries_until_ = w_->now + how_long;
  led_since_ = no_entries_until_;
  w_->note("etcd: takes no writes, and reads under an old term");
}

// High, so that nothing is as high again; or as low as no term of ours is.
std::uint64_t cluster::told_term(std::size_t at, std::size_t process, std::uint64_t term) {
  if (w_->calm || term == 0 || !members_[at].lies) return term;
  members_[at].lies = false;
  // Either contradicts what the process has heard, or will hear.
  contradicted_[process] = std::min(contradicted_[process], w_->now);
  if (w_->of_cluster.chance(500)) return 1;
  misled_[process] = w_->now;
  return 1'000'000 + w_->of_cluster.below(1'000'000'000);
}

// Another lie, or another answer from before the restore, may still be on its way.
void cluster::terms_given_up(std::size_t process) {
  const nanos told = misled_[process];
  contradicted_[process] = told != 0 && w_->now < told + w_->opt.asked.ttl ? told : never;
}

bool cluster::terms_may_stand(std::size_t process) const {
  const nanos ttl = w_->opt.asked.ttl;
  return contradicted_[process] == never || w_->now < contradicted_[process] + ttl - ttl / 50;
}

void cluster::tokens_expire() {
  ++token_;
  w_->note("etcd: tokens are void");
}

void cluster::writes_refused(std::size_t process, bool are) {
  may_write_[process] = !are;
  refused_since_[process] = w_->now;
  w_->note("operator: p%zu %s write", process, are ? "may not" : "may");
}

void cluster::full(bool is) {
  if (store.full == is) return;
  store.full = is;
  w_->note("etcd: the store is %s", is ? "full" : "mended");
}

void cluster::compact() {
  const std::int64_t back = static_cast<std::int64_t>(w_->of_cluster.below(4));
  store.compact(store.revision - back);
  w_->note("operator: compacts to revision %lld", static_cast<long long>(store.compacted));
}

void cluster::flood(std::int64_t revisions) {
  if (leader_ == none) return;
  store.revision += revisions;
  floods_.push_back({w_->now, store.revision});
  w_->note("operator: another program writes, up to revision %lld",
           static_cast<long long>(store.revision));
  ++entries_;
  committed();
}

std::int64_t cluster::revision_at(nanos then) const {
  std::int64_t revision = 0;
  for (const mark& m : floods_) {
    if (m.at <= then) revision = m.revision;
  }
  return revision;
}

void cluster::strangers_go() {
  for (member& m : members_) m.stranger_until = 0;
}

void cluster::calm_down() {
  no_quorum_ = false;
  no_entries_until_ = std::min(no_entries_until_, w_->now);
  store.full = false;
  may_write_.assign(w_->opt.processes, true);
  strangers_go();
  for (std::size_t at = 0; at < members_.size(); ++at) {
    member& m = members_[at];
    ++m.generation;
    m.up = true;
    m.cut = m.zombie = m.beside_zombie = false;
    m.snapshot = 0;
    m.frozen_until = std::min(m.frozen_until, w_->now);
    m.apply_at = w_->now;
    w_->agenda.push(w_->now, happening::applied, at, 0, store.revision);
  }
  if (leader_ == none) vacate(second);
}

}  // namespace sim
