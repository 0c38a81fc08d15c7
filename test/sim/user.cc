// The user of a process: what is told, what he does about it, and what he does by himself.
#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "process.hpp"
#include "world.hpp"

namespace sim {

namespace core = tenure::core;

namespace {

// What only who stands may hear. The end of a leadership may come later, and so may the goodbye.
template <class Message>
constexpr bool only_for_candidates =
    !std::is_same_v<Message, core::cancelled> && !std::is_same_v<Message, core::left>;

}  // namespace

void process::tell(const core::to_session& what) {
  if (w_->traced()) w_->note("p%zu: %s", index_, tell_message(what).c_str());
  w_->mix(what.index());
  if (const auto* granted = std::get_if<core::lease_granted>(&what)) {
    lease_ = granted->lease;
  } else if (const auto* gone = std::get_if<core::lease_lost>(&what)) {
    // (One that was found to exist may have been so under a term that was not heard yet.)
    if (gone->why == core::cause::lease_gone && proof_.cutoff() != 0)
      w_->checker.told_lease_gone(lease_);
    if (gone->why == core::cause::cluster_changed) w_->checker.told_cluster_changed(index_);
    lease_ = 0;
  } else if (std::holds_alternative<core::timings_refused>(what)) {
    closing_ = true;
  } else if (std::holds_alternative<core::all_cancelled>(what)) {
    deadline_.end(tenure::reason::lease_expired);
    believed_until_ = std::min(believed_until_, local());
  } else if (std::holds_alternative<core::trouble>(what)) {
    post(told::other);
  }
}

void process::tell(const core::to_candidate& what) {
  std::visit(
      [&](const auto& it) {
        if (w_->traced()) w_->note("p%zu e%u: %s", index_, it.election, tell_message(what).c_str());
        w_->mix(static_cast<std::uint64_t>(what.index()) << 40 ^ it.election);
        const seat& s = seats_[it.election];
        if (only_for_candidates<std::decay_t<decltype(it)>> &&
            (s.here == seat::absent || s.resigned))
          w_->broken("news of a candidate that is gone");
        hears(it);
      },
      what);
}

void process::hears(const core::campaigning& what) {
  seats_[what.election].let_go = false;
  post(told::other, what.election);
}

void process::hears(const core::position& what) { post(told::other, what.election); }

void process::hears(const core::acquired& what) {
  seat& s = seats_[what.election];
  if (s.here != seat::stands) w_->broken("leads without standing");
  expect_right_to_lead(s);
  acquired(what.election, what.fencing_token);
}

void process::hears(const core::cancelled& what) {
  seat& s = seats_[what.election];
  if (s.term == no_term || s.node == nullptr) {
    w_->broken("a leadership ends that never began");
    return;
  }
  s.node->cancel(tenure::reason::key_deleted);
  s.let_go = true;
  if (what.why == core::cause::reassurance_timed_out) expect_no_answer(s);
  w_->checker.cancelled(s.term, local(), what.why);
  // Whoever stands again before the reason of the loss is told stands.
  if (!w_->opt.campaign_again && what.why != core::cause::resigned && s.here == seat::stands) {
    s.here = seat::out;
    // Without delay in the end, when it is asked who leads.
    const nanos delay = w_->calm ? 0 : w_->of_users.between(0, 5 * second);
    w_->agenda.push(w_->now + delay, happening::user, index_, static_cast<std::size_t>(deed::stand),
                    what.election);
  }
  post(told::cancelled, what.election, s.term);
}

void process::hears(const core::lost& what) {
  seat& s = seats_[what.election];
  post(told::lost, what.election, s.term);
  end_term(s);
}

void process::hears(const core::resigned& what) {
  seat& s = seats_[what.election];
  post(told::resigned, what.election, s.term);
  if (s.term != no_term) w_->checker.told_resigned(s.term);
  expect_no_key(what.election);
  s.resigned = s.here == seat::out;
  end_term(s);
}

void process::hears(const core::left& what) {
  seat& s = seats_[what.election];
  if (s.here != seat::leaving) w_->broken("a candidate is gone that did not leave");
  // It is told that it has left after a while though the withdrawal is not answered.
  if (local() < s.left_by) expect_no_key(what.election);
  s.here = seat::absent;  // before it is told: the place is free again
  end_term(s);
  post(told::closed, what.election, s.term);
}

void process::hears(const core::tampered& what) {
  seats_[what.election].let_go = true;
  post(told::other, what.election);
}

void process::hears(const core::stand_delayed& what) { post(told::other, what.election); }

// One callback a turn, and the core hears that time has passed.
void process::turn() {
  take_the_clock();
  if (woke_due_) {
    woke_due_ = false;
    apply(core::woke{});
  }
  if (!posted_.empty()) {
    const callback c = posted_.front();
    posted_.pop_front();
    deliver(c);
    if (gone()) return;
    if (!w_->calm && w_->opt.mean(fault::block) != 0 && w_->of_users.chance(10)) {
      stand_still(
          std::min(w_->now + w_->of_users.between(0, w_->opt.longest_pause), w_->opt.calm_from),
          false);
      woke_due_ = true;
    } else {
      apply(core::woke{});
    }
  }
  turning_ = !posted_.empty() || woke_due_;
  if (turning_) w_->agenda.push(w_->now + 10'000, happening::turn, index_, 0, life_);
}

void process::deliver(const callback& c) {
  seat& s = seats_[c.election];
  switch (c.what) {
    case told::acquired: {
      // Over before it could be told: the loop was late. The facade asks the token; so do we.
      if (s.term != c.term || s.node == nullptr || s.node->cancelled()) return;
      w_->checker.told_acquired(c.term);
      if (limited()) begin_work(c.election, c.term);
      whim(c.election);
      break;
    }
    case told::cancelled: {
      if (!w_->checker.at(c.term).told) return;
      const nanos until = clock_.when(local() + w_->checker.at(c.term).stop_time);
      w_->agenda.push(until, happening::work_stops, index_, c.election,
                      static_cast<std::int64_t>(c.term));
      break;
    }
    case told::lost:
      if (c.term == no_term) return;
      if (!w_->checker.at(c.term).told) {
        apply(core::work_stopped{c.election, w_->checker.at(c.term).fencing});  // it never began
        return;
      }
      w_->checker.told_lost(c.term);
      whim(c.election);
      break;
    case told::resigned:
      if (c.term != no_term && w_->checker.at(c.term).told) w_->checker.at(c.term).over = true;
      whim(c.election);
      break;
    case told::closed:
      if (c.term != no_term) w_->checker.at(c.term).over = true;
      whim(c.election);
      break;
    case told::session_closed:
      w_->note("p%zu is closed", index_);
      if (!posted_.empty()) w_->broken("a callback after the session's close");
      clear();
      if (!w_->closing) {
        const nanos after = std::max(w_->of_users.between(0, 5 * second), w_->opt.reopen_after);
        w_->agenda.push(w_->now + after, happening::revive, index_, 0, life_);
      }
      break;
    default: whim(c.election); break;
  }
}

// The job runner's rules for a quota, until the faults are over: then everybody takes what there
// is.
bool process::limited() const { return w_->opt.quota != 0 && !w_->calm; }

void process::begin_work(election_id e, std::size_t term) {
  seat& s = seats_[e];
  if (s.works_for != no_term || !places_.take()) {
    call_resign(e);  // unstarted
    return;
  }
  s.works_for = term;
  const auto working = std::count_if(seats_.begin(), seats_.end(),
                                     [](const seat& x) { return x.works_for != no_term; });
  if (static_cast<std::size_t>(working) > w_->opt.quota)
    w_->broken("more work is done than the quota allows");
  if (places_.room()) return;
  for (election_id other = 0; other < seats_.size(); ++other) {
    seat& waiting = seats_[other];
    if (waiting.here != seat::stands || waiting.works_for != no_term || waiting.node != nullptr)
      continue;
    waiting.stood_back = true;
    call_resign(other);
  }
}

void process::end_work(election_id e) {
  seats_[e].works_for = no_term;
  if (!places_.free()) return;
  for (election_id other = 0; other < seats_.size(); ++other) {
    if (std::exchange(seats_[other].stood_back, false)) call_stand(other);
  }
}

// Calls from inside callbacks are legal.
void process::whim(election_id e) {
  if (w_->calm || !w_->of_users.chance(w_->opt.user_whims)) return;
  switch (w_->of_users.below(4)) {
    case 0: call_resign(e); break;
    case 1: call_leave(e); break;
    case 2:
      call_resign(e);
      call_stand(e);
      break;
    default:
      call_leave(e);
      call_stand(e);
      break;
  }
}

void process::acts(deed what, election_id e) {
  if (what == deed::open_session) {
    if (gone()) open();
    return;
  }
  if (!open_now() || closing_) return;
  ask_tokens();
  switch (what) {
    case deed::stand:
      if (!limited() || places_.room()) call_stand(e);
      break;
    case deed::resign: call_resign(e); break;
    case deed::leave: call_leave(e); break;
    case deed::close_session:
      closing_ = true;
      w_->note("p%zu closes its session", index_);
      apply(core::close{});
      break;
    case deed::observe:
      seats_[e].observed = !seats_[e].observed;
      apply(core::observe{e, seats_[e].observed});
      break;
    default: break;
  }
}

void process::call_stand(election_id e) {
  seat& s = seats_[e];
  if (!open_now() || closing_ || s.here == seat::stands || s.here == seat::leaving) return;
  s.here = seat::stands;
  s.since = w_->now;
  s.resigned = false;
  stood_in_ |= 1U << e;
  w_->note("p%zu e%u: stands", index_, e);
  apply(core::stand{e, w_->opt.campaign_again});
}

void process::call_resign(election_id e) {
  seat& s = seats_[e];
  if (!open_now() || closing_ || s.here != seat::stands) return;
  s.here = seat::out;
  s.let_go = true;
  w_->note("p%zu e%u: resigns", index_, e);
  stand_again_perhaps(e);
  apply(core::resign{e});
}

void process::call_leave(election_id e) {
  seat& s = seats_[e];
  if (!open_now() || closing_ || s.here == seat::absent || s.here == seat::leaving) return;
  s.here = seat::leaving;
  s.let_go = true;
  s.left_by = local() + machine_->times().stop_grace + machine_->times().request_timeout;
  w_->note("p%zu e%u: leaves", index_, e);
  stand_again_perhaps(e);
  apply(core::leave{e});
}

// Some go for good, and nothing that comes after may hide what they leave behind.
void process::stand_again_perhaps(election_id e) {
  const nanos after = w_->of_users.between(0, 5 * second);
  if (w_->of_users.chance(250)) return;
  w_->agenda.push(w_->now + after, happening::user, index_, static_cast<std::size_t>(deed::stand),
                  e);
}

void process::learns(const core::send& asked, const core::answer& a, nanos sent) {
  if (a.what != core::outcome::ok || a.cluster != cluster::id || gone()) return;
  proof_.heard(asked, a, sent, machine_->lease_id());
  if (asked.lease != machine_->lease_id()) return;
  if (asked.what == core::op::reassure || asked.what == core::op::announce) {
    for (const core::item& it : asked.items) {
      auto& times = seats_[it.election].answered;
      std::copy(times.begin() + 1, times.end(), times.begin());
      times.back() = sent;
    }
  }
  if (asked.what != core::op::stand && asked.what != core::op::read_queue) return;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const core::item_answer& got = a.items[i];
    seat& s = seats_[asked.items[i].election];
    if (asked.what == core::op::read_queue && asked.items[i].create_revision != s.known) continue;
    s.read_as_of = a.revision;
    s.read_sent = sent;
    if (asked.what != core::op::stand) continue;
    s.known = got.applied ? a.revision : got.own_revision;
    s.elsewhere = !got.applied && got.own_revision != 0 && got.own_lease != asked.lease;
  }
}

void process::learns(const core::stream_news& n) {
  if (n.cluster != cluster::id) return;
  if (n.canceled) lost_until_ = std::max(lost_until_, n.compact_revision);
  const std::int64_t until = n.canceled ? n.compact_revision : n.last_revision + 1;
  if (!n.partial && told_until_ != 0) told_until_ = std::max(told_until_, until);
}

// One answer may say that something in the batch differs; the next ones say what.
void process::expect_no_answer(const seat& s) const {
  const auto& t = machine_->times();
  const nanos from = std::max(last_now_ - t.reassure_interval - t.reassure_timeout,
                              local_at(w_->checker.at(s.term).began_at));
  if (s.answered.front() > from) w_->broken("a leadership is lost for want of an answer that came");
}

// By what it heard, in whatever order: the key was put or found under its own lease, and the queue
// read after whatever made earlier readings worthless.
void process::expect_right_to_lead(const seat& s) const {
  if (last_now_ >= machine_->cutoff()) w_->broken("told acquired when the deadline had passed");
  if (w_->checker.history_lost) return;
  if (s.elsewhere) w_->broken("leads by a key on another lease");
  if (s.read_as_of + 1 < lost_until_)
    w_->broken("leads by a queue as it was before events were lost");
  if (s.read_sent < back_since_)
    w_->broken("leads by a queue as it was before the deadline had passed");
}

// A key that a stand in doubt puts there later is looked for later: only one that was heard of must
// be gone.
void process::expect_no_key(election_id e) {
  if (closing_) return;  // the lease is revoked
  w_->checker.told_out(index_, e, seats_[e].known);
}

// The key of who stands is not withdrawn, unless he has resigned, has lost, or cannot lead by it.
void process::expect_reasons(const core::send& withdrawal) const {
  if (withdrawal.lease != machine_->lease_id()) return;  // said again of an earlier one
  for (const core::item& it : withdrawal.items) {
    const seat& s = seats_[it.election];
    if (s.here == seat::stands && !s.let_go)
      w_->broken("the key of a candidate that stands is withdrawn");
  }
}

void process::work_stops(election_id e, std::size_t term) {
  if (gone()) return;
  if (seats_[e].works_for == term) end_work(e);
  if (!open_now()) return;
  // A store that was restored from a backup gives the same fencing tokens again.
  if (seats_[e].term != term && w_->checker.history_lost) return;
  w_->note("p%zu e%u: the work has stopped", index_, e);
  apply(core::work_stopped{e, w_->checker.at(term).fencing});
}

}  // namespace sim
