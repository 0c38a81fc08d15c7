#include "checker.hpp"

#include <algorithm>

#include "world.hpp"

namespace sim {

void checker::reset(world& w) {
  w_ = &w;
  terms_.clear();
  went_.clear();
  lies_.clear();
  stuck_.clear();
  denials_.assign(w_->opt.processes, denials());
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
  t.began_at = w_->now;
  t.stood_still = w_->processes[process].stood_still();
  const auto& keys = w_->cluster.store.elections[e];
  // (its revision alone is not enough: after a restore from a backup it may be another's)
  const std::int64_t name = w_->processes[process].core().lease_id();
  const bool there = std::any_of(keys.begin(), keys.end(), [&](const key& k) {
    return k.create == fencing && k.name == name;
  });
  terms_.push_back(t);
  const std::size_t at = terms_.size() - 1;
  const bool lied = std::any_of(lies_.begin(), lies_.end(), [&](const lie& l) {
    return l.process == process && l.election == e && l.create == fencing;
  });
  if (lied && there && keys.front().create < fencing) {
    // Nobody can prevent what a lie does. But the next confirmation ends it.
    terms_[at].lied_to = true;
    expect_soon(duty::found_out, at, w_->now);
    return at;
  }
  if (there) return at;
  // It may have been deleted by hand before the core could hear of it; then that is all.
  const auto gone = std::find_if(went_.rbegin(), went_.rend(), [&](const went& g) {
    return g.election == e && g.create == fencing && g.name == name;
  });
  if (gone == went_.rend()) {
    if (!history_lost) terms_[at].keyless = "told acquired by a key that never was";
    return at;
  }
  switch (gone->how) {
    case ending::expired:
      terms_[at].keyless = "told acquired by a key that its expired lease took away";
      break;
    case ending::withdrawn: terms_[at].keyless = "told acquired by a key that was withdrawn"; break;
    case ending::revoked:
      terms_[at].keyless = "told acquired by a key that its revoked lease took away";
      break;
    case ending::by_hand:
    case ending::stale_count:
    case ending::restored:
      terms_[at].hand_at = gone->at;
      handed_away(at);
      break;
  }
  return at;
}

void checker::cancelled(std::size_t at, nanos local, tenure::core::cause why) {
  term& t = terms_[at];
  if (t.cancelled_at != never) {
    w_->broken("a leadership ends twice");
    return;
  }
  if (w_->quiet && !w_->closing) w_->broken("a leadership is lost though nothing is wrong");
  const bool for_its_key =
      why == tenure::core::cause::key_deleted || why == tenure::core::cause::reassurance_failed;
  if (for_its_key && t.hand_at == never && !t.lied_to && !history_lost && has_key(t))
    w_->broken("a leadership is lost for a key that is there");
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
  if (me.keyless != nullptr) w_->broken(me.keyless);
  w_->note("p%zu e%u: TOLD acquired, token %lld", me.process, me.election,
           static_cast<long long>(me.fencing));
  for (term& other : terms_) {
    if (&other == &me || other.election != me.election || other.over) continue;
    if (other.process == me.process && other.told && other.life == me.life) {
      w_->broken("acquired twice without lost or resigned between");
      return;
    }
    if (!leads(other)) continue;
    // Nobody can prevent what a hand does; but it must be noticed (`expect_noticed`).
    if (other.hand_at == never && me.hand_at == never && !other.lied_to && !me.lied_to) {
      w_->broken("two leaders");
      return;
    }
  }
  if (!history_lost && me.hand_at == never && !me.lied_to) {
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
  const std::int64_t name = w_->processes[t.process].core().lease_id();
  for (const key& k : w_->cluster.store.elections[t.election]) {
    // One that was taken off its lease by hand is not ours to delete any more.
    if (k.create == t.fencing && k.name == name && k.lease == name)
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

void checker::told_lease_gone(std::int64_t lease) {
  const lease_entry* l = w_->cluster.store.find_lease(lease);
  if (l == nullptr || l->generation != 0 || history_lost || w_->opt.no_term != 0) return;
  // One so young that a member does not know it yet, and a key of it that a hand has deleted
  // meanwhile: together they look like its end.
  // (asked within a second, and answered before that was given up)
  const nanos answered = w_->opt.asked.request_timeout.value_or(w_->opt.asked.ttl / 5);
  const bool looks_so = w_->now < l->granted + second + answered &&
                        std::any_of(went_.begin(), went_.end(), [&](const went& g) {
                          return g.name == lease && g.how == ending::by_hand;
                        });
  // Or it is let go, for a key that may not be deleted.
  const bool let_go = std::find(stuck_.begin(), stuck_.end(), lease) != stuck_.end();
  if (!looks_so && !let_go) w_->broken("a lease is taken for gone that is not");
}

void checker::told_cluster_changed(std::size_t process) {
  if (!history_lost && w_->cluster.terms_may_stand(process))
    w_->broken("the cluster is taken for another too soon");
  w_->cluster.terms_given_up(process);
}

void checker::revoked(std::size_t process, std::int64_t lease) {
  const lease_entry* l = w_->cluster.store.find_lease(lease);
  if (l != nullptr && l->owner != process) w_->broken("somebody else's lease is revoked");
}

void checker::keys_gone() {
  store& s = w_->cluster.store;
  for (const gone_key& g : s.gone) {
    went_.push_back({g.election, g.what.create, g.what.name, g.how, w_->now});
    const bool asked_for = g.how == ending::withdrawn || g.how == ending::revoked;
    if (asked_for && g.by != g.what.owner) w_->broken("somebody else's key is deleted");
    for (std::size_t at = 0; at < terms_.size(); ++at) {
      term& t = terms_[at];
      if (t.election != g.election || t.fencing != g.what.create ||
          t.life != w_->processes[t.process].life())
        continue;
      if (g.how == ending::by_hand || g.how == ending::stale_count || g.how == ending::restored) {
        if (t.hand_at != never) continue;
        t.hand_at = w_->now;
        handed_away(at);
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

bool checker::has_key(const term& t) const {
  const auto& keys = w_->cluster.store.elections[t.election];
  const std::int64_t name = w_->processes[t.process].core().lease_id();
  return std::any_of(keys.begin(), keys.end(), [&](const key& k) {
    return k.create == t.fencing && k.name == name && k.lease == name;
  });
}

void checker::look(const event& e) {
  switch (static_cast<duty>(e.a)) {
    case duty::noticed:
    case duty::found_out: expect_noticed(e); break;
    case duty::given_up: expect_given_up(e); break;
  }
}

// Its key is gone, by a hand: whatever the watch says, a reassurance finds it in time.
void checker::handed_away(std::size_t at) {
  expect_soon(duty::noticed, at, std::max(terms_[at].hand_at, terms_[at].began_at));
}

void checker::expect_soon(duty what, std::size_t at, nanos from) {
  term& t = terms_[at];
  const process& p = w_->processes[t.process];
  if (p.gone()) return;
  t.stood_still = p.stood_still();
  const auto& times = p.core().times();
  const nanos allowed = times.reassure_interval + times.reassure_timeout;
  // Asleep just then, it wakes with its timers as late.
  if (p.held_until() > from) from = p.held_until() + w_->opt.longest_pause;
  w_->agenda.push(from + allowed + allowed / 50 + 50 * millisecond, happening::look,
                  static_cast<std::size_t>(what), at);
}

void checker::expect_noticed(const event& e) {
  term& t = terms_[e.b];
  const process& p = w_->processes[t.process];
  if (t.over || t.cancelled_at != never || p.life() != t.life || p.gone()) return;
  // The time in which it could do nothing does not count.
  if (const nanos more = p.stood_still() - t.stood_still; more > 0) {
    t.stood_still = p.stood_still();
    w_->agenda.again(e, w_->now + more);
    return;
  }
  if (p.local() >= p.believed_until()) return;
  if (static_cast<duty>(e.a) == duty::found_out) {
    // Its key may have gone meanwhile, or those who were in front.
    if (t.hand_at != never || !has_key(t)) return;
    if (w_->cluster.store.elections[t.election].front().create == t.fencing) return;
    w_->broken("a leader by an answer that was not true is not found out");
    return;
  }
  w_->note("p%zu e%u: leads by key %lld", t.process, t.election, static_cast<long long>(t.fencing));
  w_->broken("a key deleted by hand is not noticed");
}

nanos checker::until_given_up() const {
  // Three tries, of which some are lost, with growing pauses; then the lease's time.
  return 2 * std::max(w_->opt.asked.ttl, w_->opt.least_ttl) + 18 * w_->opt.asked.retry_delay +
         10 * second;
}

void checker::lied_to(std::size_t process, election_id e, std::int64_t create) {
  lies_.push_back({process, e, create});
}

void checker::cannot_withdraw(std::size_t process, std::int64_t lease) {
  if (std::find(stuck_.begin(), stuck_.end(), lease) != stuck_.end()) return;
  stuck_.push_back(lease);
  w_->agenda.push(w_->now + until_given_up(), happening::look,
                  static_cast<std::size_t>(duty::given_up), process, lease);
}

void checker::withdrawal_heard(std::size_t process, std::int64_t lease, bool done) {
  denials& d = denials_[process];
  if (d.lease != lease || done) d = {lease, 0};
  if (!done) ++d.heard;
}

// Whoever may not delete his key gives its lease up, so that the election goes on.
void checker::expect_given_up(const event& e) {
  const sim::cluster& c = w_->cluster;
  // Once it is let go, when it ends is etcd's affair.
  const process& p = w_->processes[static_cast<std::size_t>(e.b)];
  const bool let_go = !p.open_now() || p.core().lease_id() != e.c;
  // What was refused may have been done later, and a key be wanted again.
  const auto wants_it_gone = [&] {
    const tenure::core::roster& all = p.core().standings();
    for (tenure::core::election_id id = 0; id < all.size(); ++id) {
      if (all.at(id).state == tenure::core::standing::withdrawing) return true;
    }
    return false;
  };
  if (let_go || c.may_write(e.b) || c.store.keys_of(e.c) == 0 || !wants_it_gone()) {
    stuck_.erase(std::find(stuck_.begin(), stuck_.end(), e.c));
    return;
  }
  // A new leader of etcd gives every lease its time anew.
  nanos since = std::max(c.led_since(), c.refused_since(e.b));
  // It can know only what it has heard. It tries three times, and each member may say no each time.
  const denials& d = denials_[static_cast<std::size_t>(e.b)];
  if (d.lease != e.c || d.heard < 3 * w_->opt.members) since = std::max(since, w_->now);
  if (!c.has_leader() || !c.takes_writes() || w_->now < since + until_given_up()) {
    w_->agenda.again(e, std::max(since + until_given_up(), w_->now + second));
    return;
  }
  w_->broken("a key that may not be deleted keeps its lease");
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

void checker::expect_few_writes() {
  rewritten_ = w_->cluster.store.rewritten;
  peace_since_ = w_->now;
}

// Each leader's key says that it leads; and it is put again only so often as was asked for.
void checker::check_few_writes() {
  std::uint64_t leaders = 0;
  for (const term& t : terms_) {
    if (!leads(t)) continue;
    ++leaders;
    // What is for people is tried again after ever longer pauses.
    if (t.began_at > peace_since_ || w_->now < w_->opt.calm_from + 100 * w_->opt.asked.retry_delay)
      continue;
    for (const key& k : w_->cluster.store.elections[t.election]) {
      if (k.create == t.fencing && k.mod == k.create) w_->broken("a leader's key does not say so");
    }
  }
  const nanos each = w_->opt.asked.last_seen_interval;
  std::uint64_t times =
      each == 0 ? 0 : static_cast<std::uint64_t>((w_->now - peace_since_) / each + 2);
  // A first one that was refused under the faults may still be owed.
  if (w_->now < w_->opt.calm_from + 100 * w_->opt.asked.retry_delay) ++times;
  if (w_->cluster.store.rewritten - rewritten_ > leaders * times)
    w_->broken("keys are written more often than was asked for");
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
