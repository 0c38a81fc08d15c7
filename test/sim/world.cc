#include "world.hpp"

#include <algorithm>
#include <cstdio>

namespace sim {

namespace {

// How long after the last fault somebody must lead: the old lease's full time, the pauses between
// tries, a round.
nanos recovery(const options& o) {
  return 3 * (o.refused ? o.asked.ttl : std::max(o.asked.ttl, o.least_ttl)) +
         16 * o.asked.retry_delay + 15 * second;
}

// How long a deleted key may take to be heard of on a healthy watch, also one that is just being
// renewed: each way may take six times the usual delay.
nanos quick_push(const options& o) {
  return 14 * o.usual_delay + 2 * o.member_lag + 100 * millisecond;
}

// How long the next in the queue, or who stands just then, may take to lead when the watches have
// to be opened anew, and with the end of the leader's work before it. Much less than what the slow
// re-read of the queue would take, which must not be what heals it.
nanos quick_takeover(const options& o) {
  return 2 * o.asked.retry_delay + 36 * o.usual_delay + 2 * o.member_lag + 300 * millisecond;
}
nanos quick_handover(const options& o) {
  return resolve(o.asked, std::max(o.asked.ttl, o.least_ttl)).stop_grace + 4 * o.usual_delay +
         quick_takeover(o);
}

}  // namespace

world::world() = default;

void world::note(const char* format, ...) {
  if (trace_ == nullptr) return;
  char line[640];
  int n = std::snprintf(line, sizeof line, "%9.4f  ", static_cast<double>(now) / 1e9);
  va_list args;
  va_start(args, format);
  n += std::vsnprintf(line + n, sizeof line - static_cast<std::size_t>(n), format, args);
  va_end(args);
  trace_->append(line, std::min(static_cast<std::size_t>(n), sizeof line - 1)).push_back('\n');
}

void world::broken(const char* rule) {
  if (rule_ != nullptr) return;
  rule_ = rule;
  note("BROKEN: %s", rule);
}

void world::set_timer(std::size_t whose, nanos at) {
  timers_[whose] = at;
  if (whose == first_) {
    first_ = static_cast<std::size_t>(std::min_element(timers_.begin(), timers_.end()) -
                                      timers_.begin());
  } else if (at < timers_[first_] || (at == timers_[first_] && whose < first_)) {
    first_ = whose;
  }
}

void world::set_up() {
  now = 0;
  agenda.clear();
  calm = quiet = handing_over = breaking = closing = false;
  if (processes.size() != opt.processes) {
    std::vector<process>().swap(processes);
    timers_.assign(opt.processes, never);
    first_ = 0;
    std::vector<process> fresh(opt.processes);
    processes.swap(fresh);
  }
  for (std::size_t i = 0; i < processes.size(); ++i) processes[i].set_up(*this, i);
  cluster.reset(*this);
  network.reset(*this);
  checker.reset(*this);
  for (std::size_t i = 0; i < processes.size(); ++i) {
    agenda.push(opt.small ? 0 : of_users.between(0, second), happening::user, i,
                static_cast<std::size_t>(deed::open_session));
    for (election_id e = 0; e < opt.elections; ++e) {
      if (!opt.small && of_users.chance(150)) continue;
      agenda.push(opt.small ? second : of_users.between(second, 4 * second), happening::user, i,
                  static_cast<std::size_t>(deed::stand), e);
    }
  }
  for (std::size_t f = 0; f < fault_count; ++f) schedule(static_cast<fault>(f));
  agenda.push(opt.calm_from, happening::phase, 0);
  if (opt.small) small_world();
}

verdict world::run(std::uint64_t seed, const options* fixed, feed* instead) {
  of_world.seed(seed, 1, instead);
  of_network.seed(seed, 2, instead);
  of_cluster.seed(seed, 3, instead);
  of_clocks.seed(seed, 4, instead);
  of_faults.seed(seed, 5, instead);
  of_users.seed(seed, 6, instead);
  of_cores.seed(seed, 7, nullptr);  // lease ids must differ, whoever chooses the rest
  opt = fixed != nullptr ? *fixed : draw(of_world);
  if (short_checkpoints) opt.checkpoint = std::max(opt.asked.ttl, opt.least_ttl) / 8;
  rule_ = nullptr;
  hash_ = 0;
  events_ = 0;
  now = 0;
  if (trace_ != nullptr) trace_->append("world: ").append(describe(opt)).push_back('\n');
  set_up();
  while (rule_ == nullptr) {
    const nanos timer_at = timers_[first_];
    if (timer_at == never && agenda.empty()) break;
    if (timer_at <= agenda.next_at()) {
      now = std::max(now, timer_at);
      const std::size_t whose = first_;
      mix(static_cast<std::uint64_t>(now) + whose);
      processes[whose].timer();
    } else {
      const event e = agenda.pop();
      now = std::max(now, e.at);
      mix(static_cast<std::uint64_t>(now) ^ static_cast<std::uint64_t>(e.what) << 56 ^ e.a);
      step(e);
    }
    if (++events_ > 3'000'000) broken("the world does not come to rest");
  }
  return {rule_, hash_, events_, now};
}

std::size_t world::candidates() const {
  std::size_t all = 0;
  for (const process& p : processes) all += p.candidates();
  return all;
}

void world::step(const event& e) {
  switch (e.what) {
    case happening::request: network.request_arrives(e); break;
    case happening::reply: network.reply_arrives(e); break;
    case happening::stream_open: network.stream_opens(e); break;
    case happening::stream_probe: network.stream_probed(e); break;
    case happening::stream_cut: network.stream_cut(e); break;
    case happening::stream_news: network.news_arrives(e); break;
    case happening::stream_end: network.stream_ends(e); break;
    case happening::applied: cluster.applied(e.a, e.c); break;
    case happening::elected: cluster.elected(e.a, e.b); break;
    case happening::heal: cluster.heal(e.a, e.b); break;
    case happening::stale_revoke: cluster.revoke_by_stale_count(e.c); break;
    case happening::look: checker.look(e); break;
    case happening::checkpoint: cluster.checkpoint(); break;
    case happening::expire: cluster.expire(e.c, e.b != 0); break;
    case happening::fault:
      if (!calm) fault_strikes(static_cast<fault>(e.a));
      break;
    case happening::operator_acts: operator_acts(e); break;
    case happening::phase: phase(e.a); break;
    case happening::turn:
    case happening::user:
    case happening::work_stops:
    case happening::revive: {
      process& p = processes[e.a];
      if (p.held_until() > now) {
        agenda.again(e, p.held_until());
        break;
      }
      if (e.what == happening::turn && e.c == p.life()) p.turn();
      if (e.what == happening::user) p.acts(static_cast<deed>(e.b), static_cast<election_id>(e.c));
      if (e.what == happening::work_stops) p.work_stops(e.b, static_cast<std::size_t>(e.c));
      if (e.what == happening::revive && !closing && p.gone()) {
        p.open();
        for (election_id el = 0; el < opt.elections; ++el) {
          agenda.push(now + of_users.between(0, 2 * second), happening::user, e.a,
                      static_cast<std::size_t>(deed::stand), el);
        }
      }
      break;
    }
  }
}

void world::calm_down() {
  note("the faults are over");
  calm = true;
  for (election_id e = 0; e < opt.elections; ++e) {
    auto& keys = cluster.store.elections[e];
    for (std::size_t i = 0; i < keys.size();) {
      // What an operator did, he mends.
      if (keys[i].lease == keys[i].name && keys[i].name != 0) {
        ++i;
      } else {
        cluster.store.delete_key(e, i, ending::by_hand);
      }
    }
  }
  cluster.calm_down();
  cluster.committed();
  network.calm_down();
  for (std::size_t i = 0; i < processes.size(); ++i) {
    if (processes[i].gone())
      agenda.push(now + of_users.between(0, second), happening::user, i,
                  static_cast<std::size_t>(deed::open_session));
    for (election_id e = 0; e < opt.elections; ++e) {
      if (i != 0 && of_users.chance(300)) continue;
      // A candidate or a session that is just leaving gets another chance.
      for (nanos after = second; after < recovery(opt) / 2; after += recovery(opt) / 5) {
        agenda.push(now + after, happening::user, i, static_cast<std::size_t>(deed::stand), e);
      }
    }
  }
  agenda.push(now + recovery(opt), happening::phase, 1);
}

// The leaders resign just when every watch breaks (and perhaps their deletes are compacted before
// the watches are back), and new candidates come; or a session closes, and watches break while they
// tell of it; or an operator deletes the leaders' keys, and every watch is well.
void world::hand_over() {
  quiet = false;
  handing_over = true;
  checker.expect_handover();
  const nanos push = quick_push(opt);
  const auto t = resolve(opt.asked, std::max(opt.asked.ttl, opt.least_ttl));
  const bool by_hand = opt.small ? opt.choices == menu::orders
                                 : push < t.reassure_interval / 2 && of_users.chance(300);
  breaking = !by_hand && opt.elections > 1 && of_users.chance(300);
  for (std::size_t m = 0; m < opt.members && !by_hand && !breaking; ++m) network.member_down(m);
  nanos longest = 0;
  std::size_t closes = processes.size();
  for (election_id e = 0; e < opt.elections; ++e) {
    for (std::size_t i = 0; i < processes.size(); ++i) {
      if (by_hand || !checker.leads_in(i, e)) continue;
      if (closes == processes.size()) closes = i;
      if (breaking && closes != i) continue;
      const nanos from = now + of_users.between(0, opt.usual_delay);
      agenda.push(from, happening::user, i,
                  static_cast<std::size_t>(breaking ? deed::close_session : deed::resign), e);
      nanos gone = from + checker.stop_time_in(i, e);
      if (!breaking && !opt.small && cluster.store.elections[e].size() == 1 &&
          of_users.chance(300)) {
        // Whoever comes now comes behind it, and has to read that it has gone.
        const auto label = static_cast<std::int64_t>(1 + of_users.below(1u << 30));
        note("operator: puts a foreign key into e%u", e);
        cluster.store.put_foreign(e, label);
        cluster.committed();
        gone += 4 * opt.usual_delay;
        operate(gone - now, act::deletes_foreign, e, label);
      }
      longest = std::max(longest, gone - now);
      for (std::size_t j = 0; j < processes.size(); ++j) {
        if (!processes[j].standing(e))
          agenda.push(gone + of_users.between(-3, 3) * opt.usual_delay, happening::user, j,
                      static_cast<std::size_t>(deed::stand), e);
      }
    }
    if (by_hand && !cluster.store.elections[e].empty())
      cluster.store.delete_key(e, 0, ending::by_hand);
  }
  const nanos hold = longest + 10 * opt.usual_delay;
  if (!by_hand && !breaking && hold < t.request_timeout / 2 && of_users.chance(400)) {
    network.hold_opens_until = now + hold;
    agenda.push(now + hold, happening::phase, 6);
  }
  if (by_hand) {
    note("operator: deletes the leaders' keys");
    cluster.committed();
    agenda.push(now + push, happening::phase, 5);
  }
  agenda.push(now + quick_handover(opt), happening::phase, 3);
}

void world::phase(std::uint32_t which) {
  switch (which) {
    case 0: calm_down(); break;
    case 1:
      if (opt.refused) {
        phase(3);
        break;
      }
      checker.check_leader_exists();
      quiet = true;
      checker.expect_few_writes();
      agenda.push(now + std::max(opt.asked.ttl, opt.least_ttl), happening::phase, 2);
      break;
    case 2:
      checker.check_leader_exists();
      checker.check_queues();
      checker.check_few_writes();
      hand_over();
      break;
    case 3:
      if (!opt.refused && opt.two_way && quick_handover(opt) < opt.asked.ttl / 2) {
        checker.check_handed_over(now - quick_takeover(opt));
      }
      handing_over = breaking = false;
      closing = true;
      for (std::size_t i = 0; i < processes.size(); ++i)
        agenda.push(now, happening::user, i, static_cast<std::size_t>(deed::close_session));
      // Leases that were left behind by the dead run out.
      agenda.push(now + 2 * std::max(opt.asked.ttl, opt.least_ttl) + 10 * second, happening::phase,
                  4);
      break;
    case 4: checker.check_all_gone(); break;
    case 6: cluster.compact(); break;
    default:
      if (opt.two_way) checker.check_noticed();
      break;
  }
}

}  // namespace sim
