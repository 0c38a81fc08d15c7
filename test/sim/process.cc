// The host of the core, turn by turn as the shipped facade does it: the time, the event, what is
// told, the deadline, the I/O; user code only from the queue of callbacks, and `woke` after each.
#include "process.hpp"

#include <algorithm>
#include <bitset>
#include <utility>

#include "base/fork_guard.hpp"
#include "transitions.hpp"
#include "world.hpp"

namespace sim {

namespace core = tenure::core;
using tenure::detail::token_node;

namespace {

// What the clock of the process that runs right now shows: tokens ask it through a plain function.
thread_local nanos shown = 0;
nanos look_at_clock() { return shown; }

}  // namespace

nanos local_clock::when(nanos local) const {
  if (local == never) return never;
  nanos t = local - offset;
  if (ppm == 0) return t;
  t -= t * ppm / 1'000'000;
  while (at(t) < local) t += std::max<nanos>(local - at(t), 1);
  while (t > 0 && at(t - millisecond) >= local) t -= millisecond;
  return t;
}

process::~process() { clear(); }

void process::set_up(world& w, std::size_t index) {
  clear();
  w_ = &w;
  index_ = index;
  life_ = 0;
  fork_life_ = tenure::fork_guard::begin();
  clock_.ppm =
      w.opt.clock_ppm == 0
          ? 0
          : static_cast<std::int32_t>(w.of_clocks.between(-w.opt.clock_ppm, w.opt.clock_ppm));
  clock_.offset = w.opt.small ? second : w.of_clocks.between(second, 1000000 * second);
  held_until_ = stood_still_ = timers_late_ = 0;
  stood_in_ = 0;
  seats_.assign(w.opt.elections, seat());
}

std::size_t process::candidates() const { return std::bitset<32>(stood_in_).count(); }

void process::clear() {
  for (seat& s : seats_) end_term(s);
  deadline_.drop();
  machine_.reset();
  posted_.clear();
  actions_.clear();
  turning_ = woke_due_ = false;
  armed_ = never;
  set_timer(never);
  stream_slot_ = no_term;
  finished_ = closing_ = false;
}

nanos process::local() const { return clock_.at(w_->now); }

void process::take_the_clock() const { shown = local(); }

void process::open() {
  clear();
  seats_.assign(w_->opt.elections, seat());
  places_ = w_->opt.quota != 0 ? tenure::jobs::places(w_->opt.quota) : tenure::jobs::places();
  ++life_;
  last_now_ = lease_ = 0;
  proof_.reset(w_->opt.asked);
  lost_until_ = told_until_ = back_since_ = 0;
  w_->cluster.strangers_go();
  core::settings s;
  s.asked = w_->opt.asked;
  s.endpoint_count = w_->opt.members;
  s.authenticate = w_->opt.auth;
  s.slice = 1;
  machine_.emplace(s, w_->of_cores);
  w_->note("p%zu opens a session", index_);
  arm();
}

void process::crash() {
  w_->note("p%zu dies", index_);
  w_->checker.died(index_);
  w_->network.forget(index_);
  clear();
  ++life_;
}

void process::stand_still(nanos until, bool timers_too) {
  if (until <= held_until_) return;
  const nanos from = std::max(w_->now, held_until_);
  stood_still_ += until - from;
  held_until_ = until;
  timers_late_ = w_->opt.small ? 0 : 100'000 * static_cast<nanos>(w_->of_clocks.below(2));
  // While a machine sleeps, the clock of libuv's timers sleeps too.
  set_timer(timers_too && timer_at_ != never ? timer_at_ + until - from : timer_at_);
}

// The world has a copy, as late as the loop stands still.
void process::set_timer(nanos at) {
  timer_at_ = at;
  if (w_ != nullptr)
    w_->set_timer(index_, std::max(at, held_until_ + (at < held_until_ ? timers_late_ : 0)));
}

void process::timer() {
  set_timer(never);
  armed_ = never;
  ask_tokens();
  apply(core::woke{});
}

void process::heard(const core::event& e) {
  if (gone() || finished_) return;
  ask_tokens();
  apply(e);
}

// Often user code is the first to run after a sleep, and asks.
void process::ask_tokens() {
  take_the_clock();
  if (nodes_ == 0) return;
  for (seat& s : seats_) {
    if (s.node == nullptr || s.term == no_term || w_->checker.at(s.term).cancelled_at != never)
      continue;
    if (w_->opt.small || w_->of_users.chance(500))
      w_->checker.token_asked(index_, s.node->cancelled());
  }
}

void process::apply(const core::event& e) {
  if (gone() || finished_) return;
  take_the_clock();
  if (shown < last_now_) w_->broken("the clock of a process goes back");
  last_now_ = shown;
  spins_ = spin_at_ == shown ? spins_ + 1 : 0;
  spin_at_ = shown;
  const nanos before = machine_->cutoff();
  const std::int64_t lease = machine_->lease_id();
  if (spins_ > 2000) {
    w_->broken("a loop spins without time passing");
    return;
  }
  {
#ifdef TENURE_SIM_TRANSITIONS
    const watched states(*machine_);
#endif
    machine_->apply(shown, e, actions_);
  }
  hold_to_deadline(before, lease);
  stand_still_within();
  if (const char* why = machine_->broken_invariant(shown)) w_->broken(why);
  perform();
  if (gone() || finished_) return;
  find_dead_tokens();
  forget_what_was_left();
  arm();
}

// In every other life, so that both are tried: an election that begins anew, and one that goes on.
void process::forget_what_was_left() {
  if (life_ % 2 == 0) return;
  for (election_id e = 0; e < seats_.size(); ++e) {
    if (seats_[e].here == seat::absent) machine_->forget(e);
  }
}

// The core's own word on the deadline, before the tokens make anything of it: no later than what
// was heard proves; and what has passed has passed for who led then, whatever came with the event
// that found it so.
void process::hold_to_deadline(nanos before, std::int64_t lease) {
  const core::roster& all = machine_->standings();
  if (machine_->cutoff() > proof_.cutoff() && !w_->opt.refused)
    w_->broken("a deadline without proof");
  if (last_now_ < before) return;
  if (machine_->cutoff() > last_now_ && machine_->lease_id() == lease) back_since_ = last_now_;
  if (all.leaders() == 0 || all.losing()) return;
  for (election_id e = 0; e < seats_.size() && e < all.size(); ++e) {
    const seat& s = seats_[e];
    if (s.node != nullptr && w_->checker.at(s.term).cancelled_at == never &&
        all.at(e).state == core::standing::leading)
      w_->broken("a deadline passes, and a leader goes on");
  }
}

// What lies between the last stream's end and the next one's beginning was lost by its own will.
// And etcd never has to read further back than a bound, as far as could be known.
void process::expect_bounded(const core::open_stream& s) {
  if (s.revision <= 0) w_->broken("a watch from no revision");
  if (told_until_ != 0 && s.revision > told_until_) lost_until_ = std::max(lost_until_, s.revision);
  told_until_ = std::max(told_until_, s.revision);
  const nanos lately = core::watch::fresh * machine_->times().renew_interval;
  const std::int64_t then = w_->cluster.revision_at(w_->now - lately - lately / 50);
  if (then - s.revision >= core::watch::near)
    w_->broken("etcd is asked for more of its history than the bound");
}

// Whoever's token has ended is told so, or is just being told.
void process::find_dead_tokens() {
  const core::roster& all = machine_->standings();
  if (all.losing() && std::any_of(seats_.begin(), seats_.end(), [](const seat& s) {
        return s.node != nullptr && !s.node->cancelled();
      }))
    w_->broken("leaderships are being lost, and a token lives");
  if (all.leaders() == 0 || all.losing()) return;
  for (election_id e = 0; e < seats_.size(); ++e) {
    const seat& s = seats_[e];
    if (s.node == nullptr || e >= all.size() || all.at(e).state != core::standing::leading)
      continue;
    if (s.node->cancelled()) w_->broken("a token ends, and nobody is told");
  }
}

// Between the core's look at the clock and what is done about it: tokens already see the later
// time.
void process::stand_still_within() {
  if (w_->calm || w_->opt.mean(fault::pause) == 0) return;
  const bool begins = std::any_of(actions_.begin(), actions_.end(), [](const core::action& it) {
    const auto* t = std::get_if<core::to_candidate>(&it);
    return t != nullptr && std::holds_alternative<core::acquired>(*t);
  });
  if (!w_->of_clocks.chance(begins ? 100 : 1)) return;
  stand_still(
      std::min(w_->now + w_->of_clocks.between(0, w_->opt.longest_pause), w_->opt.calm_from),
      false);
  shown = std::max(shown, clock_.at(held_until_));
}

void process::perform() {
  // Carrying out may feed the core again: take the list first.
  std::vector<core::action> now;
  now.swap(spare_);
  now.swap(actions_);
  for (core::action& it : now) {
    if (finished_) {
      w_->broken("the core acts after it has finished");
    } else if (auto* s = std::get_if<core::send>(&it)) {
      if (w_->traced()) {
        w_->note("p%zu -> %s #%llu to member %u%s", index_, tell_op(s->what),
                 static_cast<unsigned long long>(s->call), s->endpoint,
                 s->items.empty() || s->items[0].create_revision == 0 ? "" : " with a revision");
      }
      if (s->what == core::op::withdraw) expect_reasons(*s);
      w_->network.send(index_, life_, *s, w_->network.token(index_));
    } else if (auto* t = std::get_if<core::to_session>(&it)) {
      tell(*t);
    } else if (auto* t = std::get_if<core::to_candidate>(&it)) {
      tell(*t);
    } else if (auto* a = std::get_if<core::abort>(&it)) {
      w_->network.abort(index_, a->call);
    } else if (auto* o = std::get_if<core::open_stream>(&it)) {
      w_->note("p%zu -> watch %llu at member %u from revision %lld%s", index_,
               static_cast<unsigned long long>(o->stream), o->endpoint,
               static_cast<long long>(o->revision), o->two_way ? "" : ", one way");
      expect_bounded(*o);
      if (stream_slot_ != no_term) w_->network.close(stream_slot_);
      stream_slot_ = w_->network.open(index_, life_, *o, w_->network.token(index_));
    } else if (std::holds_alternative<core::probe_stream>(it)) {
      if (stream_slot_ != no_term) w_->network.probe(stream_slot_);
    } else if (std::holds_alternative<core::close_stream>(it)) {
      if (stream_slot_ != no_term) w_->network.close(stream_slot_);
      stream_slot_ = no_term;
    } else if (std::holds_alternative<core::finished>(it)) {
      tear_down();
    }
  }
  now.clear();
  spare_.swap(now);  // keeps its memory
  if (!finished_) move_deadline();
}

void process::move_deadline() {
  const nanos before = deadline_.until();
  if (!deadline_.move(machine_->belief())) {
    apply(core::expired{});
  } else if (deadline_.until() != before) {
    believed_until_ = deadline_.until();
    w_->checker.deadline_moved(index_, before);
  }
}

void process::arm() {
  const nanos wake = machine_->next_wake();
  if (wake == armed_ && timer_at_ != never) return;
  armed_ = wake;
  if (wake == never) {
    set_timer(never);
    return;
  }
  const nanos delay = std::max<nanos>(wake - local(), 0);
  const nanos rounded = (delay + millisecond - 1) / millisecond * millisecond;
  // The loop's own idea of the time is whole milliseconds, and it may be a little late.
  set_timer(clock_.when(local() + rounded) +
            (w_->opt.small ? 0 : w_->of_clocks.between(0, millisecond)));
}

void process::post(told what, election_id e, std::size_t term) {
  posted_.push_back({what, e, term});
  if (turning_) return;
  turning_ = true;
  w_->agenda.push(w_->now + 10'000, happening::turn, index_, 0, life_);
}

void process::acquired(election_id e, std::int64_t fencing) {
  seat& s = seats_[e];
  end_term(s);
  ++nodes_;
  s.node =
      new token_node(deadline_.begin_term(&look_at_clock, fork_life_, machine_->belief()), nullptr);
  believed_until_ = deadline_.until();
  const nanos grace = machine_->times().stop_grace;
  const nanos needs = w_->opt.small                            ? grace / 2
                      : w_->of_users.chance(w_->opt.slow_work) ? grace * 2
                                                               : w_->of_users.between(0, grace);
  s.term = w_->checker.began(index_, e, fencing, needs);
  post(told::acquired, e, s.term);
}

void process::end_term(seat& s) {
  if (s.node == nullptr) return;
  --nodes_;
  std::exchange(s.node, nullptr)->release();
}

// Nothing is under way any more. What has been posted is still delivered, then all is closed.
void process::tear_down() {
  finished_ = true;
  set_timer(never);
  w_->note("p%zu has finished", index_);
  for (election_id e = 0; e < seats_.size(); ++e) {
    seat& s = seats_[e];
    if (s.term != no_term && w_->checker.at(s.term).cancelled_at == never && s.node != nullptr) {
      w_->broken("a session finishes under a leader");
    }
    if (s.here != seat::absent) post(told::closed, e, s.term);
    end_term(s);
  }
  post(told::session_closed);
  if (!w_->network.idle(index_)) w_->broken("a request or a watch outlives its session");
  if (machine_->next_wake() != core::never) w_->broken("a timer outlives its session");
  // Nothing is wrong any more: it has revoked it, and was answered.
  if (w_->closing && lease_ != 0 && w_->cluster.store.find_lease(lease_) != nullptr)
    w_->broken("a lease outlives its session");
}

}  // namespace sim
