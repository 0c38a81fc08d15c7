#include "checker.hpp"

#include <algorithm>

#include "world.hpp"

namespace sim {

void checker::reset(world& w) {
  w_ = &w;
  terms_.clear();
  highest_.assign(w.opt.elections, 0);
  history_lost = false;
}

std::size_t checker::began(std::size_t process, election_id e, std::int64_t fencing,
                           nanos stop_time) {
  term t;
  t.process = process;
  t.life = w_->processes[process].life();
  t.election = e;
  t.fencing = fencing;
  t.stop_time = stop_time;
  // The key may have been deleted by hand before the core could hear of it.
  const auto& keys = w_->cluster.store.elections[e];
  // (its revision alone is not enough: after a restore from a backup it may be another's)
  const std::int64_t name = w_->processes[process].core().lease_id();
  const bool there = std::any_of(keys.begin(), keys.end(), [&](const key& k) {
    return k.create == fencing && k.name == name;
  });
  if (!there) t.hand_at = w_->now;
  terms_.push_back(t);
  return terms_.size() - 1;
}

void checker::cancelled(std::size_t at, nanos local) {
  term& t = terms_[at];
  if (t.cancelled_at != never) {
    w_->broken("a leadership ends twice");
    return;
  }
  if (w_->quiet && !w_->closing) w_->broken("a leadership is lost though nothing is wrong");
  // A deadline that had passed already ended it then.
  t.cancelled_at = std::min(local, w_->processes[t.process].believed_until());
}

bool checker::leads(const term& t) const {
  if (!t.told || t.over || t.cancelled_at != never) return false;
  const process& p = w_->processes[t.process];
  return p.local() < p.believed_until();
}

nanos checker::work_ends(const term& t) const {
  const process& p = w_->processes[t.process];
  const nanos from = t.cancelled_at != never ? t.cancelled_at : p.believed_until();
  return from + std::min(t.stop_time, p.core().times().stop_grace);
}

void checker::told_acquired(std::size_t at) {
  term& me = terms_[at];
  me.told = true;
  w_->note("p%zu e%u: TOLD acquired, token %lld", me.process, me.election,
           static_cast<long long>(me.fencing));
  for (term& other : terms_) {
    if (&other == &me || other.election != me.election || other.over) continue;
    if (other.process == me.process && other.told && other.life == me.life) {
      w_->broken("acquired twice without lost or resigned between");
      return;
    }
    if (!leads(other)) continue;
    if (other.hand_at == never && me.hand_at == never) {
      w_->broken("two leaders");
      return;
    }
    if (other.hand_at == never) continue;
    // Nobody can prevent that; but it must be noticed.
    const process& p = w_->processes[other.process];
    const auto& t = p.core().times();
    const nanos allowed = t.reassure_interval + t.reassure_timeout + t.ttl / 50 + 100 * millisecond;
    if (w_->now > other.hand_at + allowed && p.stood_still() == 0) {
      w_->broken("a key deleted by hand is not noticed");
      return;
    }
  }
  if (!history_lost && me.hand_at == never) {
    if (me.fencing <= highest_[me.election]) {
      w_->broken("fencing tokens do not grow");
      return;
    }
    highest_[me.election] = me.fencing;
    const auto& keys = w_->cluster.store.elections[me.election];
    if (!keys.empty() && keys.front().create < me.fencing)
      w_->broken("not served in the order of the queue");
  }
}

void checker::told_lost(std::size_t at) {
  term& t = terms_[at];
  if (!t.told || t.over) w_->broken("lost without acquired");
  if (t.cancelled_at == never) w_->broken("lost before its token was cancelled");
  t.over = true;
  w_->note("p%zu e%u: TOLD lost", t.process, t.election);
}

void checker::told_resigned(std::size_t at) {
  const term& t = terms_[at];
  if (!t.told || history_lost) return;
  for (const key& k : w_->cluster.store.elections[t.election]) {
    // One that was taken off its lease by hand is not ours to delete any more.
    if (k.create == t.fencing && k.lease == k.name)
      w_->broken("resigned, but the key is still there");
  }
}

void checker::told_out(std::size_t process, election_id e, std::int64_t known) {
  if (history_lost || known == 0) return;
  const std::int64_t name = w_->processes[process].core().lease_id();
  for (const key& k : w_->cluster.store.elections[e]) {
    if (k.create == known && k.name == name && k.lease == name)
      w_->broken("out of the queue, but the key is still there");
  }
}

void checker::died(std::size_t process) {
  for (term& t : terms_) {
    if (t.process == process) t.over = true;
  }
}

void checker::revoked(std::size_t process, std::int64_t lease) {
  const lease_entry* l = w_->cluster.store.find_lease(lease);
  if (l != nullptr && l->owner != process) w_->broken("somebody else's lease is revoked");
}

void checker::keys_gone() {
  store& s = w_->cluster.store;
  for (const gone_key& g : s.gone) {
    const bool asked_for = g.how == ending::withdrawn || g.how == ending::revoked;
    if (asked_for && g.by != g.what.owner) w_->broken("somebody else's key is deleted");
    for (term& t : terms_) {
      if (t.election != g.election || t.fencing != g.what.create ||
          t.life != w_->processes[t.process].life())
        continue;
      if (g.how == ending::by_hand || g.how == ending::restored) {
        t.hand_at = std::min(t.hand_at, w_->now);
        continue;
      }
      if (!t.told || w_->processes[t.process].gone() || t.hand_at != never) continue;
      const process& p = w_->processes[t.process];
      if (p.local() >= work_ends(t)) continue;
      w_->broken(g.how == ending::expired ? "the lease ends before the work has stopped"
                                          : "the key is deleted before the work has stopped");
    }
  }
  s.gone.clear();
}

void checker::token_asked(std::size_t process, bool cancelled) {
  const auto& p = w_->processes[process];
  if (!cancelled && p.local() >= p.believed_until()) w_->broken("a token lies");
}

void checker::deadline_moved(std::size_t process, nanos before) {
  const auto& p = w_->processes[process];
  if (p.local() >= before) w_->broken("a token comes back to life");
  if (p.believed_until() < before) w_->broken("a deadline goes back");
}

void checker::check_leader_exists() {
  for (election_id e = 0; e < w_->opt.elections; ++e) {
    const bool wanted =
        std::any_of(w_->processes.begin(), w_->processes.end(),
                    [&](const process& p) { return p.open_now() && p.standing(e); });
    const bool led = std::any_of(terms_.begin(), terms_.end(),
                                 [&](const term& t) { return t.election == e && leads(t); });
    if (wanted && !led) w_->broken("nobody leads though the faults are over");
  }
}

// Everybody who stands has a key, and there are no other keys: neither a candidate that waits for
// ever without one, nor one that nobody stands behind.
void checker::check_queues() {
  for (election_id e = 0; e < w_->opt.elections; ++e) {
    const auto& keys = w_->cluster.store.elections[e];
    for (const process& p : w_->processes) {
      if (!p.open_now() || !p.standing(e)) continue;
      if (std::none_of(keys.begin(), keys.end(),
                       [&](const key& k) { return k.name == p.core().lease_id(); })) {
        w_->note("e%u: none of lease %llx", e,
                 static_cast<unsigned long long>(p.core().lease_id()));
        w_->broken("a candidate stands without a key though the faults are over");
      }
    }
    for (const key& k : keys) {
      const bool ours =
          std::any_of(w_->processes.begin(), w_->processes.end(), [&](const process& p) {
            return p.open_now() && p.standing(e) && p.core().lease_id() == k.name;
          });
      if (ours) continue;
      w_->note("e%u: key %lld, lease %llx", e, static_cast<long long>(k.create),
               static_cast<unsigned long long>(k.name));
      w_->broken("a key that nobody stands behind");
    }
  }
}

bool checker::leads_in(std::size_t process, election_id e) const {
  return std::any_of(terms_.begin(), terms_.end(), [&](const term& t) {
    return t.process == process && t.election == e && leads(t);
  });
}

void checker::expect_handover() {
  next_waits_.clear();
  for (const auto& keys : w_->cluster.store.elections) next_waits_.push_back(keys.size() > 1);
}

nanos checker::stop_time_in(std::size_t process, election_id e) const {
  nanos time = 0;
  for (const term& t : terms_) {
    if (t.process == process && t.election == e && leads(t))
      time = std::min(t.stop_time, w_->processes[process].core().times().stop_grace);
  }
  return time;
}

void checker::check_noticed() {
  if (std::any_of(terms_.begin(), terms_.end(),
                  [&](const term& t) { return leads(t) && t.hand_at != never; })) {
    w_->broken("a key deleted by hand is not noticed");
  }
}

void checker::check_handed_over(nanos before) {
  for (election_id e = 0; e < w_->opt.elections; ++e) {
    const bool led = std::any_of(terms_.begin(), terms_.end(),
                                 [&](const term& t) { return t.election == e && leads(t); });
    const bool waits =
        std::any_of(w_->processes.begin(), w_->processes.end(), [&](const process& p) {
          return p.open_now() && p.stood_before(e, before) && p.core().lease_id() != 0;
        });
    if ((next_waits_[e] || (!w_->opt.auth && waits)) && !led)
      w_->broken("the next in the queue is not told");
  }
}

void checker::check_all_gone() {
  for (const process& p : w_->processes) {
    if (!p.gone()) w_->broken("a session does not finish");
  }
  if (!w_->cluster.store.leases.empty()) w_->broken("a lease outlives everybody");
}

}  // namespace sim
