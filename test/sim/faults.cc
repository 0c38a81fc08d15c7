// What goes wrong in a world, when and to whom.
#include <algorithm>

#include "world.hpp"

namespace sim {

void world::schedule(fault f) {
  const nanos mean = opt.mean(f);
  if (mean == 0) return;
  const nanos next = now + of_faults.between(mean / 4, mean * 7 / 4);
  if (next < opt.calm_from) agenda.push(next, happening::fault, static_cast<std::size_t>(f));
}

void world::fault_strikes(fault f) {
  schedule(f);
  const nanos ttl = opt.asked.ttl;
  switch (f) {
    case fault::member_crash:
      cluster.crash(of_faults.index(opt.members), of_faults.between(10 * millisecond, ttl));
      break;
    case fault::member_freeze:
      cluster.freeze(of_faults.index(opt.members),
                     of_faults.between(10 * millisecond, ttl * 3 / 2));
      break;
    case fault::depose:
      cluster.depose(of_faults.chance(300), of_faults.between(500 * millisecond, 4 * ttl),
                     of_faults.between(100 * millisecond, 2500 * millisecond));
      break;
    case fault::cut_member:
      cluster.cut(of_faults.index(opt.members), of_faults.between(100 * millisecond, 2 * ttl));
      break;
    case fault::no_quorum:
      cluster.lose_quorum(of_faults.between(100 * millisecond, 2 * ttl));
      break;
    case fault::swift_change: cluster.swift_change(); break;
    case fault::compaction: cluster.compact(); break;
    case fault::flood: cluster.flood(of_faults.between(1, 3000)); break;
    case fault::full_store:
      cluster.full(true);
      operate(of_faults.between(second, 2 * ttl), act::frees_store);
      break;
    case fault::restore: cluster.restore(); break;
    case fault::lower_terms: cluster.lower_terms(); break;
    case fault::lie: cluster.lies(of_faults.index(opt.members)); break;
    case fault::no_entries:
      cluster.no_entries(std::min(of_faults.between(2 * ttl, 8 * ttl), opt.calm_from - now));
      break;
    case fault::tokens_expire: cluster.tokens_expire(); break;
    case fault::stranger: {
      // Only one at a time, and not before everybody knows whom he talks to.
      const std::size_t at = of_faults.index(opt.members);
      const bool all_know = std::all_of(processes.begin(), processes.end(), [](const process& p) {
        return p.open_now() && p.core().counts().confirmations !=
                                   0;  // (a lease that was found to exist tells nothing)
      });
      if (!all_know) break;
      cluster.at(at).stranger_until = now + of_faults.between(100 * millisecond, ttl);
      network.member_down(at);
      note("member %zu: its address leads to another cluster", at);
      break;
    }
    case fault::no_write: {
      // Long enough for whoever cannot go to be in the way.
      const std::size_t at = of_faults.index(processes.size());
      if (!cluster.may_write(at)) break;
      cluster.writes_refused(at, true);
      operate(of_faults.between(ttl, 60 * second), act::lets_write, at);
      break;
    }
    case fault::hand_delete:
    case fault::hand_revoke:
    case fault::foreign_key:
    case fault::tamper: fault_of_operator(f); break;
    case fault::resign:
    case fault::leave:
    case fault::close_session:
    case fault::observe: fault_of_user(f); break;
    default: fault_in_process(f); break;
  }
}

void world::fault_in_process(fault f) {
  const std::size_t at = of_faults.index(processes.size());
  process& p = processes[at];
  const nanos span =
      std::min(of_faults.between(millisecond, opt.longest_pause), opt.calm_from - now);
  switch (f) {
    case fault::pause:
    case fault::block:
      note("p%zu stands still for %lld ms", at, static_cast<long long>(span / millisecond));
      p.stand_still(now + span, false);
      break;
    case fault::suspend:
      note("p%zu is suspended for %lld ms", at, static_cast<long long>(span / millisecond));
      p.stand_still(now + span, true);
      break;
    case fault::crash:
      if (p.gone()) break;
      p.crash();
      agenda.push(now + of_faults.between(0, 10 * second), happening::revive, at, 0, p.life());
      break;
    case fault::hole: {
      const bool all = of_faults.chance(400);
      const std::size_t one = of_faults.index(opt.members);
      const std::uint64_t way = of_faults.below(3);
      const nanos until = now + of_faults.between(10 * millisecond, 2 * opt.asked.ttl);
      note("p%zu: silence %s %s", at,
           way == 0   ? "to"
           : way == 1 ? "from"
                      : "to and from",
           all ? "all members" : "a member");
      for (std::size_t m = 0; m < opt.members; ++m) {
        if (all || m == one) network.hole(at, m, way != 1, way != 0, until);
      }
      break;
    }
    case fault::late_last_answer: {
      const auto t = resolve(opt.asked, std::max(opt.asked.ttl, opt.least_ttl));
      const nanos late = now + of_faults.between(t.request_timeout / 4, t.request_timeout);
      note("p%zu: answers come at %.3f s, and then none", at, static_cast<double>(late) / 1e9);
      for (std::size_t m = 0; m < opt.members; ++m)
        network.late_last(at, m, late, late + 2 * t.ttl);
      break;
    }
    default: break;
  }
}

void world::fault_of_operator(fault f) {
  if (!cluster.has_leader()) return;
  const auto e = static_cast<election_id>(of_faults.below(opt.elections));
  auto& keys = cluster.store.elections[e];
  if (f == fault::foreign_key) {
    // Sometimes more of them than a candidate reads at once; they go in any order, or in that of
    // the queue.
    const std::size_t count = of_faults.chance(300) ? opt.queue_limit + 1 + of_faults.index(8) : 1;
    const bool in_order = of_faults.chance(500);
    note("operator: puts %zu foreign keys into e%u", count, e);
    nanos last = now + of_faults.between(100 * millisecond, opt.asked.ttl);
    for (std::size_t i = 0; i < count; ++i) {
      const auto label = static_cast<std::int64_t>(1 + of_faults.below(1u << 30));
      cluster.store.put_foreign(e, label);
      if (i != 0)
        last = in_order ? last + of_faults.between(0, 200 * millisecond)
                        : now + of_faults.between(100 * millisecond, opt.asked.ttl);
      operate(last - now, act::deletes_foreign, e, label);
    }
    cluster.committed();
    return;
  }
  if (keys.empty()) return;
  const std::size_t at = of_faults.chance(600) ? 0 : of_faults.index(keys.size());
  const key victim = keys[at];
  if (victim.name == 0) return;
  if (f == fault::hand_delete) {
    const bool hidden = of_faults.chance(opt.hidden);
    note("operator: deletes key %lld of e%u%s", static_cast<long long>(victim.create), e,
         hidden ? ", and no watch tells" : "");
    cluster.store.delete_key(e, at, ending::by_hand, hidden);
  } else if (f == fault::hand_revoke) {
    note("operator: revokes lease %llx", static_cast<unsigned long long>(victim.lease));
    cluster.store.end_lease(victim.lease, ending::by_hand);
  } else {
    take_off_lease(e, at);
  }
  cluster.committed();
}

void world::operator_acts(const event& e) {
  const auto what = static_cast<act>(e.a);
  switch (what) {
    case act::frees_store: cluster.full(false); return;
    case act::brings_quorum: cluster.quorum_is_back(); return;
    case act::small_moment: small_moment(); return;
    case act::lets_write:
      if (!calm) cluster.writes_refused(e.b, false);
      return;
    default: break;
  }
  auto& keys = cluster.store.elections[e.b];
  const auto meant = [&](const key& k) {
    if (what == act::deletes_foreign) return k.name == 0 && k.label == e.c;
    if (what == act::deletes_loose) return k.create == e.c && k.lease == 0;
    return !calm && k.create == e.c && k.name != 0;
  };
  const auto at = std::find_if(keys.begin(), keys.end(), meant);
  if (at == keys.end()) return;
  const auto place = static_cast<std::size_t>(at - keys.begin());
  const std::int64_t create = at->create;
  if (what == act::tampers) {
    take_off_lease(e.b, place);
    return;
  }
  note("operator: deletes key %lld of e%u%s", static_cast<long long>(create), e.b,
       what == act::deletes_unheard ? ", and no watch tells" : "");
  cluster.store.delete_key(e.b, place, ending::by_hand, what == act::deletes_unheard);
  cluster.committed();
}

void world::take_off_lease(election_id e, std::size_t at) {
  const std::int64_t create = cluster.store.elections[e][at].create;
  note("operator: takes key %lld of e%u off its lease", static_cast<long long>(create), e);
  cluster.store.attach(e, at, 0);
  operate(of_faults.between(100 * millisecond, opt.asked.ttl), act::deletes_loose, e, create);
  cluster.committed();
}

void world::operate(nanos after, act what, std::size_t on, std::int64_t which) {
  agenda.push(now + after, happening::operator_acts, static_cast<std::size_t>(what), on, which);
}

// A key that is not heard of is put on another lease before the stand is repeated; one that was
// heard of is deleted, perhaps unheard by any watch.
void world::meddle(const tenure::core::send& s, bool heard) {
  const tenure::core::item& it = s.items[of_faults.index(s.items.size())];
  const auto& keys = cluster.store.elections[it.election];
  const auto at = std::find_if(keys.begin(), keys.end(),
                               [&](const key& k) { return k.name == s.lease && k.name != 0; });
  if (at == keys.end()) return;
  const act what = !heard                         ? act::tampers
                   : of_faults.chance(opt.hidden) ? act::deletes_unheard
                                                  : act::deletes;
  operate(of_faults.between(0, s.timeout / 4), what, it.election, at->create);
}

void world::fault_of_user(fault f) {
  const std::size_t at = of_faults.index(processes.size());
  const std::size_t e = of_faults.index(opt.elections);
  const deed what = f == fault::resign    ? deed::resign
                    : f == fault::leave   ? deed::leave
                    : f == fault::observe ? deed::observe
                                          : deed::close_session;
  agenda.push(now, happening::user, at, static_cast<std::size_t>(what),
              static_cast<std::int64_t>(e));
}

// Three moments at which one thing of several may happen.
void world::small_world() {
  for (const nanos after : {20 * millisecond, 700 * millisecond, 1500 * millisecond}) {
    agenda.push(opt.choices_from + after, happening::operator_acts,
                static_cast<std::size_t>(act::small_moment));
  }
}

void world::small_moment() {
  const auto user = [&](std::size_t p, deed what) {
    agenda.push(now, happening::user, p, static_cast<std::size_t>(what));
  };
  enum class turn {
    nothing,
    first_freezes,
    second_freezes,
    first_sleeps,
    silence,
    closes,
    resigns,
    leaves,
    key_deleted
  };
  constexpr turn all[] = {turn::nothing,     turn::first_freezes, turn::second_freezes,
                          turn::closes,      turn::resigns,       turn::leaves,
                          turn::key_deleted, turn::first_sleeps};
  constexpr turn of_leader[] = {turn::nothing, turn::silence, turn::first_freezes,
                                turn::first_sleeps};
  constexpr turn orders[] = {turn::nothing, turn::closes, turn::resigns, turn::leaves,
                             turn::key_deleted};
  const turn chosen = opt.choices == menu::all      ? of_faults.one_of(all)
                      : opt.choices == menu::leader ? of_faults.one_of(of_leader)
                                                    : of_faults.one_of(orders);
  const nanos beyond = std::min(now + 5 * opt.asked.ttl / 2, opt.calm_from);
  switch (chosen) {
    case turn::nothing: break;
    case turn::first_freezes: processes[0].stand_still(beyond, false); break;
    case turn::second_freezes: processes[1].stand_still(beyond, false); break;
    case turn::first_sleeps:
      processes[0].stand_still(std::min(now + opt.asked.ttl / 2, opt.calm_from), true);
      break;
    case turn::silence: network.hole(0, 0, true, true, beyond); break;
    case turn::closes: user(0, deed::close_session); break;
    case turn::resigns: user(0, deed::resign); break;
    case turn::leaves: user(0, deed::leave); break;
    case turn::key_deleted:
      if (!cluster.store.elections[0].empty()) cluster.store.delete_key(0, 0, ending::by_hand);
      cluster.committed();
      break;
  }
}

}  // namespace sim
