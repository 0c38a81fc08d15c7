#include "cluster.hpp"

#include <algorithm>

#include "proof.hpp"
#include "world.hpp"

namespace sim {

using tenure::core::answer;
using tenure::core::send;

namespace {

// Whether it writes to keys.
bool writes(const send& s) {
  return s.what == op::stand || s.what == op::withdraw || s.what == op::announce;
}

}  // namespace

void cluster::reset(world& w) {
  w_ = &w;
  store.reset(w.opt.elections, w.opt.least_ttl);
  store.sees_nested_puts = w.opt.nested_puts_count;
  store.most_operations = w.opt.most_operations;
  store.room = w.opt.room;
  store.queue_limit = w.opt.queue_limit;
  members_.assign(w.opt.members, member());
  for (member& m : members_) {
    m.ppm = w.opt.clock_ppm == 0
                ? 0
                : static_cast<std::int32_t>(w.of_clocks.between(-w.opt.clock_ppm, w.opt.clock_ppm));
  }
  leader_ = w.opt.small ? 0 : w.of_cluster.index(members_.size());
  term_ = 2;
  for (member& m : members_) m.term = term_;
  vacancy_ = 0;
  vacant_since_ = led_since_ = 0;
  entries_ = 1;
  may_write_.assign(w.opt.processes, true);
  refused_since_.assign(w.opt.processes, 0);
  no_quorum_ = false;
  no_entries_until_ = 0;
  contradicted_.assign(w.opt.processes, never);
  misled_.assign(w.opt.processes, 0);
  token_ = 1;
  zombie_leases_.clear();
  ended_.clear();
  floods_.clear();
  last_end = -second;
  if (w.opt.checkpoint != 0) w.agenda.push(w.opt.checkpoint, happening::checkpoint);
}

std::uint64_t cluster::id_at(std::size_t m) const {
  return w_->now < members_[m].stranger_until ? other_id : id;
}

bool cluster::knows_no_leader(std::size_t m) const {
  const member& it = members_[m];
  return (it.cut && !it.zombie && !it.beside_zombie &&
          w_->now >= it.cut_since + 1500 * millisecond) ||
         (no_quorum_ && w_->now >= it.cut_since + 1500 * millisecond);
}

bool cluster::takes_writes() const { return w_->now >= no_entries_until_; }

// What is so long by the clock of the member that counts.
nanos cluster::truly(nanos by_leader) const {
  return by_leader - by_leader / 1'000'000 * members_[leader_].ppm;
}

serve cluster::wait(std::size_t at, nanos server_deadline, answer& out, nanos& again) {
  out.items.clear();
  out.rivals.clear();
  if (w_->now >= server_deadline || knows_no_leader(at)) {
    out.what = outcome::unavailable;
    return serve::refused;
  }
  again = std::min(
      server_deadline,
      w_->now +
          (w_->opt.small ? second : w_->of_cluster.between(20 * millisecond, 200 * millisecond)));
  return serve::later;
}

serve cluster::request(std::size_t process, std::size_t at, const send& s, nanos sent,
                       nanos server_deadline, std::uint64_t token, answer& out, nanos& again) {
  member& m = members_[at];
  out.cluster = 0;
  out.term = 0;
  out.revision = 0;
  out.ttl = 0;
  if (!m.up) return serve::broken;
  if (w_->now < m.frozen_until) {
    again = m.frozen_until + w_->of_cluster.between(0, 20 * millisecond);
    return serve::later;
  }
  if (w_->now < m.stranger_until) {
    out.what = outcome::ok;
    out.cluster = other_id;
    out.items.clear();
    out.rivals.clear();
    return serve::done;
  }
  out.cluster = id;
  if (s.what == op::authenticate && w_->opt.auth_off) {
    out.what = outcome::auth_off;
    out.term = m.term;
    return serve::done;
  }
  if (w_->opt.auth && !w_->opt.auth_off && s.what != op::authenticate && token != token_) {
    out.what = outcome::token_invalid;
    out.cluster = 0;
    return serve::done;
  }
  if (s.what == op::keepalive) {
    if (!permitted(process, s)) {
      out.what = outcome::permission_denied;
      out.cluster = 0;
      return serve::done;
    }
    const serve how = keepalive(at, s, sent, out, again);
    return how == serve::later ? wait(at, server_deadline, out, again) : how;
  }
  if (m.cut || leader_ == none) return wait(at, server_deadline, out, again);
  if (s.what == op::authenticate && !w_->calm && w_->of_cluster.chance(20)) {
    out.what = outcome::credentials_rejected;  // somebody is just changing the password
    out.cluster = 0;
    return serve::done;
  }
  if (logged(s.what)) {
    if (!takes_writes()) return wait(at, server_deadline, out, again);
    ++entries_;
  }
  if (permitted(process, s)) {
    if (s.what == op::revoke) w_->checker.revoked(process, s.lease);
    out.what = store.execute(s, out, process);
    if (w_->opt.lie != 0 && out.what == outcome::ok) lie(process, s, out);
  } else {
    out.what = outcome::permission_denied;
    if (s.what == op::withdraw) w_->checker.cannot_withdraw(process, s.lease);
  }
  shows_term(m);
  out.term = takes_writes() ? m.term : 1;
  m.applied = std::max(m.applied, store.revision);
  if (out.what != outcome::ok) out.cluster = 0;  // errors have no header
  if (s.what == op::grant && out.what == outcome::ok) {
    lease_entry& l = store.leases.back();
    l.granted = w_->now;
    l.expires = w_->now + truly(l.ttl);
    w_->agenda.push(l.expires, happening::expire, 0, 0, l.id);
  }
  if (s.what == op::revoke && out.what == outcome::ok)
    ended_.push_back({s.lease, w_->opt.asked.ttl});
  committed();
  return serve::done;
}

// Once in a while nobody is said to be in front of who asks, or a lease to be longer than it is.
void cluster::lie(std::size_t process, const send& s, answer& out) {
  if (w_->calm) return;
  if (s.what == op::grant && w_->of_cluster.chance(w_->opt.lie)) out.ttl *= 2;
  if ((s.what != op::stand && s.what != op::read_queue) || s.together) return;
  for (std::size_t i = 0; i < out.items.size(); ++i) {
    auto& item = out.items[i];
    const std::int64_t own = item.applied ? store.revision : item.own_revision;
    if (own == 0 || !w_->of_cluster.chance(w_->opt.lie)) continue;
    bool shorter = false;
    while (item.count != 0 && out.rivals[item.first].create_revision < own) {
      ++item.first;
      --item.count;
      shorter = true;
    }
    item.more = item.more && item.count != 0;
    if (shorter) w_->checker.lied_to(process, s.items[i].election, own);
  }
}

bool cluster::permitted(std::size_t process, const send& s) {
  if (may_write_[process]) return true;
  if (s.what == op::revoke) return store.keys_of(s.lease) == 0;
  if (s.what == op::keepalive) return !w_->opt.renewing_writes || store.keys_of(s.lease) == 0;
  return !writes(s);
}

// A member shows the term of the last entry that it applied, and a snapshot is no entry.
void cluster::shows_term(member& m) const {
  if (m.snapshot >= entries_) return;
  m.snapshot = 0;
  m.term = std::max(m.term, term_);
}

serve cluster::keepalive(std::size_t at, const send& s, nanos sent, answer& out, nanos& again) {
  member& m = members_[at];
  out.what = outcome::ok;
  out.items.clear();
  out.rivals.clear();
  out.ttl = 0;
  out.term = takes_writes() ? m.term : 1;  // taken where the request enters, before the renewal
  out.revision = m.applied;
  if (m.zombie || m.beside_zombie) {
    // Its own copy of the lease is as good as new, as far as it knows.
    for (const copy& l : zombie_leases_) {
      if (l.id == s.lease) out.ttl = l.ttl;
    }
    return serve::done;
  }
  if (m.cut || leader_ == none) return serve::later;
  lease_entry* l = store.find_lease(s.lease);
  if (l == nullptr) {
    // One that overlaps the end of its lease may still be acknowledged (etcd#20590).
    const auto late =
        std::find_if(ended_.begin(), ended_.end(), [&](const copy& c) { return c.id == s.lease; });
    if (late != ended_.end() && sent < last_end && w_->now < last_end + second &&
        w_->of_cluster.chance(w_->opt.late_ack)) {
      out.ttl = late->ttl;
    }
    return serve::done;
  }
  if (w_->now < l->granted + 900 * millisecond && !w_->calm &&
      w_->of_cluster.chance(w_->opt.unknown_yet))
    return serve::done;      // the grant has not come to it yet
  if (l->generation != 0) {  // doomed: waits for the delete
    again = w_->now + 50 * millisecond;
    return serve::later;
  }
  out.ttl = l->ttl;
  // Cleared by an entry of its own, for which old versions do not wait.
  if (l->remainder != 0) l->cleared_at = std::min(l->cleared_at, w_->now + second);
  l->expires = w_->now + truly(l->ttl);
  return serve::done;
}

// As etcd does it: of leases that have more than a whole period left, so that there is nothing to
// write down where no TTL is longer than the period.
void cluster::checkpoint() {
  if (w_->closing) return;
  w_->agenda.push(w_->now + w_->opt.checkpoint, happening::checkpoint);
  if (leader_ == none) return;
  for (lease_entry& l : store.leases) {
    if (l.generation == 0 && l.expires - w_->now > truly(w_->opt.checkpoint)) {
      l.remainder = l.expires - w_->now;
      l.cleared_at = never;
    }
  }
}

void cluster::expire(std::int64_t lease, bool ripe) {
  lease_entry* l = store.find_lease(lease);
  if (l == nullptr) return;
  if (leader_ == none) {
    w_->agenda.push(w_->now + 100 * millisecond, happening::expire, 0, 0, lease);
    return;
  }
  if (l->expires > w_->now) {
    l->generation = 0;
    w_->agenda.push(l->expires, happening::expire, 0, 0, lease);
    return;
  }
  if (!ripe) {
    l->generation = 1;
    const nanos after =
        w_->of_cluster.chance(500) ? 0 : w_->of_cluster.between(0, w_->opt.lessor_period);
    w_->agenda.push(w_->now + after, happening::expire, 0, 1, lease);
    return;
  }
  w_->note("etcd: lease %llx ends", static_cast<unsigned long long>(lease));
  ended_.push_back({l->id, l->ttl});
  last_end = w_->now;
  ++entries_;
  store.end_lease(lease, ending::expired);
  committed();
}

// What a leader that slept counts of leases goes on where it stopped: awake, it has revoked in its
// name what others renewed meanwhile.
void cluster::revoke_by_stale_count(std::int64_t lease) {
  const lease_entry* l = store.find_lease(lease);
  if (l == nullptr || leader_ == none || w_->calm) return;
  w_->note("etcd: lease %llx is revoked by a stale count", static_cast<unsigned long long>(lease));
  ended_.push_back({l->id, l->ttl});
  last_end = w_->now;
  ++entries_;
  store.end_lease(lease, ending::stale_count);
  committed();
}

void cluster::committed() {
  w_->checker.keys_gone();
  for (std::size_t m = 0; m < members_.size(); ++m) {
    member& it = members_[m];
    if (it.cut || !it.up || (it.sent_revision == store.revision && it.sent_term == term_)) continue;
    it.sent_revision = store.revision;
    it.sent_term = term_;
    it.apply_at = std::max(it.apply_at, std::max(w_->now, it.frozen_until) +
                                            w_->of_cluster.between(0, w_->opt.member_lag));
    w_->agenda.push(it.apply_at, happening::applied, m, 0, store.revision);
  }
}

void cluster::applied(std::size_t at, std::int64_t revision) {
  member& m = members_[at];
  if (m.cut || !m.up) return;
  m.applied = std::max(m.applied, std::min(revision, store.revision));
  shows_term(m);
  w_->network.flush(at);
}

void cluster::vacate(nanos vacancy) {
  leader_ = none;
  vacant_since_ = w_->now;
  ++vacancy_;
  w_->agenda.push(w_->now + vacancy, happening::elected, 0, vacancy_);
}

bool cluster::quorum_without(std::size_t m) const {
  std::size_t good = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) good += (i != m && connected(i)) ? 1U : 0U;
  return good > members_.size() / 2;
}

void cluster::elected(std::size_t, std::uint32_t generation) {
  if (generation != vacancy_ || leader_ != none) return;
  std::size_t good = 0;
  std::size_t chosen = none;
  const std::size_t from = w_->of_cluster.index(members_.size());
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const std::size_t m = (from + i) % members_.size();
    if (!connected(m)) continue;
    ++good;
    if (chosen == none && members_[m].frozen_until <= w_->now) chosen = m;
  }
  if (no_quorum_ || good <= members_.size() / 2 || chosen == none) {
    w_->agenda.push(w_->now + 200 * millisecond, happening::elected, 0, vacancy_);
    return;
  }
  leader_ = chosen;
  led_since_ = w_->now;
  ++entries_;
  term_ += 1 + w_->of_cluster.below(2);
  w_->note("etcd: member %zu leads under term %llu", leader_,
           static_cast<unsigned long long>(term_));
  // Whoever comes to lead starts every lease afresh, or from what was last written down as left of
  // it.
  for (lease_entry& l : store.leases) {
    const nanos full = truly(l.ttl);
    if (l.cleared_at <= vacant_since_) l.remainder = 0;
    l.expires =
        w_->now + (l.remainder != 0 ? std::min(l.remainder, full) : full) + w_->opt.extension;
    l.generation = 0;
  }
  committed();
}

void cluster::heal(std::size_t at, std::uint32_t generation) {
  member& m = members_[at];
  if (m.generation != generation) return;
  w_->note("etcd: member %zu is well again", at);
  if (m.zombie && m.asleep_since != never) {
    for (const copy& l : zombie_leases_) {
      if (w_->now < m.asleep_since + l.ttl || !w_->of_cluster.chance(w_->opt.stale_count)) continue;
      w_->agenda.push(w_->now + w_->of_cluster.between(0, 8 * second), happening::stale_revoke, 0,
                      0, l.id);
    }
  }
  m.asleep_since = never;
  m.up = true;
  if (m.term < term_ && w_->of_cluster.chance(w_->opt.snapshot)) m.snapshot = entries_;
  m.cut = m.zombie = m.beside_zombie = false;
  m.apply_at = std::max(
      w_->now + w_->of_cluster.between(0, w_->calm ? 200 * millisecond : 5 * second), m.apply_at);
  w_->agenda.push(m.apply_at, happening::applied, at, 0, store.revision);
}

}  // namespace sim
