#include "core/machine.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tenure::core {

namespace {

// Its answer knows all that was committed when it was asked for.
bool tells_the_revision(op what) { return what != op::keepalive && what != op::authenticate; }

// Its answer shows that a quorum followed the term when it was asked for. A read does not: a member
// that caught up by a snapshot serves it under its old term (safety.md, 3).
bool proves_the_term(op what) {
  switch (what) {
    case op::confirm:
    case op::stand:
    case op::reassure:
    case op::announce:
    case op::withdraw: return true;
    default: return false;
  }
}

bool batched(op what) {
  return std::find(batches::kinds.begin(), batches::kinds.end(), what) != batches::kinds.end();
}

tell make(news what, nanos time = 0) {
  tell t{};
  t.what = what;
  t.time = time;
  return t;
}

}  // namespace

machine::machine(const settings& s, choices& choose)
    : settings_(s),
      choose_(choose),
      t_(resolve(s.asked, s.asked.ttl)),
      requests_(s.endpoint_count, s.authenticate, choose),
      roll_call_(s.endpoint_count),
      roster_(s.slice) {}

void machine::apply(nanos now, const event& e, std::vector<action>& out) {
  if (finished_) return;
  const context c{now, t_, choose_, requests_, lease_, out};
  // What is over is over before anything that came meanwhile is looked at.
  was_over_ = lease_.held() && lease_.cutoff(t_) <= now;
  check_deadline(c);
  tell_stall(c);
  take(c, e);
  go_on(c);
}

void machine::take(const context& c, const event& e) {
  if (const auto* it = std::get_if<answer>(&e)) take(c, *it);
  if (const auto* it = std::get_if<stream_news>(&e)) take(c, *it);
  if (const auto* it = std::get_if<stream_gone>(&e)) take(c, *it);
  if (const auto* it = std::get_if<stand>(&e)) roster_.stand(c, it->election, it->campaign_again);
  if (const auto* it = std::get_if<work_stopped>(&e))
    roster_.work_stopped(c, it->election, it->fencing_token);
  if (const auto* it = std::get_if<resign>(&e)) roster_.resign(c, it->election);
  if (const auto* it = std::get_if<leave>(&e)) roster_.leave(c, it->election);
  if (const auto* it = std::get_if<observe>(&e)) roster_.observe(c, it->election, it->on);
  if (const auto* it = std::get_if<follow>(&e); it != nullptr && !closing_)
    survey_.follow(c, it->on);
  if (std::holds_alternative<expired>(e)) roster_.deadline_passed(c);
  if (std::holds_alternative<close>(e) && !closing_) {
    closing_ = true;
    roster_.close(c);
    survey_.close();
  }
}

void machine::check_deadline(const context& c) {
  if (roster_.leaders() == 0 || roster_.sweeping()) return;
  const nanos left = lease_.cutoff(t_) - c.now;
  counts_.closest = std::min(counts_.closest, std::max<nanos>(left, 0));
  if (left <= 0) {
    roster_.deadline_passed(c);
    jeopardy_ = false;
    return;
  }
  if (!jeopardy_ && c.now >= lease_.evidence_from() + t_.jeopardy_after) {
    jeopardy_ = true;
    c.say(make(news::jeopardy, left));
  }
}

// Whatever comes first after it: the loop serves sockets before timers when a callback among them
// blocked it.
void machine::tell_stall(const context& c) {
  if (next_wake_ == never || c.now < next_wake_ + t_.stall_threshold) return;
  const nanos late = c.now - next_wake_;
  ++counts_.stalls;
  counts_.stall_max = std::max(counts_.stall_max, late);
  c.say(make(news::stalled, late));
}

// A linearizable answer cannot know less than what was known when it was asked for, unless the
// cluster was restored from a backup: then no key, lease or term of ours means anything.
bool machine::history_went_back(const context& c, const answer& a, std::int64_t revision_then) {
  if (a.revision >= revision_then) return false;
  forget_history(c, a.revision);
  lease_gone(c, cause::cluster_changed);
  return true;
}

void machine::forget_history(const context& c, std::int64_t revision) {
  requests_.history_went_back(revision);
  roster_.history_went_back();
  watch_.reset(c.out);
  survey_.outdated(c, true);
}

void machine::take(const context& c, const answer& a) {
  const auto asked = requests_.find(a.call);
  if (!asked) return;
  outcome what = a.what;
  const bool has_header = a.cluster != 0;
  if (has_header) {
    if (cluster_ == 0) cluster_ = a.cluster;
    if (a.cluster != cluster_) what = outcome::wrong_cluster;
  } else if (what == outcome::ok) {
    what = outcome::bad_answer;
  }
  if (what == outcome::lease_gone && asked->what != op::revoke) {
    // An error has no header: it may be another cluster's. Whether the lease is gone a keepalive's
    // answer tells.
    what = outcome::unavailable;
    if (lease_.held() && asked->lease == lease_.id()) lease_.probe(c.now);
  }
  if (what == outcome::ok && asked->what != op::authenticate && asked->what != op::introduce) {
    counts_.term = std::max(counts_.term, a.term);
    if (tells_the_revision(asked->what)) {
      if (history_went_back(c, a, asked->revision_then)) {
        what = outcome::unavailable;  // the request itself belongs to the past
      } else {
        requests_.saw_revision(a.revision);
        watch_.start_from(a.revision + 1);
        if (proves_the_term(asked->what)) confirmed(c, asked->sent, a.term);
      }
    } else if (lease_.outdated(a.term)) {
      // A member that lives in the past may not know the lease: no news of its end.
      if (a.ttl == 0) what = outcome::unavailable;
    } else if (a.ttl != 0) {  // 0: the lease is gone
      ++counts_.renewals;
      counts_.kept_at = std::max(counts_.kept_at, asked->sent);
      counts_.renewal_last = c.now - asked->sent;
      counts_.renewal_max = std::max(counts_.renewal_max, counts_.renewal_last);
    }
  }
  if (const auto done = requests_.answered(c.now, t_, a.call, what, has_header, c.out))
    completed(c, *done, &a);
}

// Before the grant there is no lease to prove; then each such answer is half of the proof.
void machine::confirmed(const context& c, nanos sent, std::uint64_t term) {
  if (term == 0) return;
  ++counts_.confirmations;
  counts_.confirmed_at = std::max(counts_.confirmed_at, sent);
  if (lease_.confirmed(sent, term)) renewed(c);
}

// What is only for people is told once, not at each try.
bool machine::told_already(const completion& done) {
  if (done.asked.what != op::announce) return false;
  return std::exchange(announce_trouble_, done.what) == done.what;
}

void machine::completed(const context& c, const completion& done, const answer* a) {
  const op what = done.asked.what;
  if (what == op::introduce) {
    introduced(c, done);
    return;
  }
  const bool failed = done.what != outcome::ok;
  const bool known = told_already(done);
  if (failed && !known && what != op::stand && what != op::revoke &&
      done.what != outcome::auth_off && !batches::divisible(done) &&
      !(what == op::read_all && done.what == outcome::compacted)) {
    tell t = make(news::trouble);
    t.why = done.what;
    t.request = what;
    t.value = done.endpoint;
    c.say(std::move(t));
  }
  if (what == op::revoke) {
    finish(c);
    return;
  }
  if (batched(what)) {
    roster_.completed(c, done, a);
    // A key that may not be deleted goes with its lease: else it would be in everybody's way.
    if (roster_.keeps_refused_keys() && !closing_) lease_gone(c, cause::lease_let_go);
    return;
  }
  if (what == op::read_all) {
    survey_.completed(c, done, a);
    return;
  }
  switch (lease_.completed(c.now, t_, done, a != nullptr ? a->ttl : 0, a != nullptr ? a->term : 0,
                           choose_)) {
    case lease::effect::none: break;
    case lease::effect::granted: granted(c); break;
    case lease::effect::renewed: renewed(c); break;
    case lease::effect::gone: lease_gone(c, cause::lease_gone); return;
  }
  if (what == op::keepalive && done.what == outcome::ok) roster_.lease_lives(c, done.started);
}

void machine::introduced(const context& c, const completion& done) {
  const roll_call::effect e = roll_call_.completed(c, done);
  if (done.what == outcome::wrong_cluster || e == roll_call::effect::nobody_answered) {
    tell t = make(news::trouble);
    t.why = done.what;
    t.request = op::introduce;
    t.value = done.endpoint;
    c.say(std::move(t));
  }
  if (e != roll_call::effect::divided || !roll_call_.by_chance()) return;
  cluster_ = 0;
  forget_history(c, 0);
}

void machine::granted(const context& c) {
  ++counts_.leases;
  tell t = make(news::granted, lease_.granted_ttl());
  t.value = lease_.id();
  c.say(std::move(t));
  if (lease_.granted_ttl() != t_.ttl) {
    // The TTL that counts is the one granted: everything derived from it follows.
    const timings follows = resolve(settings_.asked, lease_.granted_ttl());
    std::string why;
    if (check(follows, why) != timing_fault::none) {
      c.say(make(news::refused_timings, follows.ttl));
      closing_ = true;
      roster_.close(c);
      survey_.close();
      return;
    }
    t_ = follows;
  }
  roster_.lease_granted(c);
}

void machine::lease_gone(const context& c, cause why) {
  if (!lease_.held()) return;
  lease_.forget();
  roll_call_.again();
  jeopardy_ = false;
  roster_.lease_gone(c, why);
  tell t = make(news::lease_lost);
  t.why_lost = why;
  c.say(std::move(t));
}

void machine::renewed(const context& c) {
  if (jeopardy_ && c.now < lease_.evidence_from() + t_.jeopardy_after) {
    jeopardy_ = false;
    c.say(make(news::safe));
  }
  if (was_over_) roster_.back(c);
  roster_.renewed();
}

void machine::take(const context& c, const stream_news& n) {
  if (n.cluster != 0 && cluster_ != 0 && n.cluster != cluster_) {
    requests_.nodes().failed(watch_.endpoint(), c.now, 8 * t_.retry_delay);
    c.out.emplace_back(close_stream{n.stream});
    watch_.gone(c.now, t_, {n.stream, outcome::wrong_cluster}, requests_.nodes(), choose_, c.out);
    return;
  }
  switch (watch_.heard(c.now, t_, n, requests_.nodes(), choose_, c.out)) {
    case watch::effect::stale:
    case watch::effect::none: break;
    case watch::effect::deliver:
      requests_.saw_revision(n.last_revision);
      roster_.apply(c, n.changes);
      survey_.heard(c);
      break;
    case watch::effect::compacted:
      requests_.saw_revision(n.compact_revision);  // nobody can compact what has not been
      roster_.events_lost(n.compact_revision);
      survey_.outdated(c);
      break;
    case watch::effect::token: requests_.token_refused(); break;
  }
}

void machine::take(const context& c, const stream_gone& g) {
  if (!watch_.gone(c.now, t_, g, requests_.nodes(), choose_, c.out)) return;
  if (g.why == outcome::token_invalid) requests_.token_refused();
  if (g.why == outcome::not_sent || g.why == outcome::broken) {
    requests_.nodes().failed(watch_.endpoint(), c.now, t_.retry_delay);
  }
}

void machine::go_on(const context& c) {
  ended_.clear();
  requests_.tick(c.now, t_, c.out, ended_);
  for (std::size_t i = 0; i < ended_.size() && !finished_; ++i) completed(c, ended_[i], nullptr);
  if (finished_) return;
  roster_.tick(c);
  watch_.want(settings_.watch && (roster_.wants_watch() || survey_.wanted()),
              roster_.wants_puts() || survey_.wanted(), c.out);
  if (requests_.has_token()) watch_.tick(c.now, t_, requests_.nodes(), choose_, c.out);
  survey_.tick(c, watch_);
  if (!closing_) {
    if (roster_.holds_losses() != held_losses_) {
      held_losses_ = !held_losses_;
      if (held_losses_) lease_.probe(c.now);  // was only the key deleted, or did the lease end?
    }
    roll_call_.tick(c, wants_lease(), cluster_ != 0);
    lease_.tick(c.now, t_, wants_lease() && roll_call_.passed(), roster_.leaders() > 0, requests_,
                choose_, c.out);
  } else if (!roster_.stopping() && !roster_.sweeping() && !revoking_) {
    requests_.abort_all(c.out);
    if (lease_.may_exist()) {
      revoking_ = true;
      request r;
      r.what = op::revoke;
      r.lease = lease_.id();
      r.give_up = c.now + t_.request_timeout;
      requests_.start(c.now, t_, std::move(r), c.out);
    } else {
      finish(c);
      return;
    }
  }
  next_wake_ = std::min({requests_.next_wake(), roster_.next_wake(c)});
  if (!closing_) {
    next_wake_ = std::min(next_wake_, roll_call_.next_wake(wants_lease()));
    next_wake_ =
        std::min(next_wake_, lease_.next_wake(requests_, wants_lease() && roll_call_.passed()));
    next_wake_ = std::min(next_wake_, survey_.next_wake(c.now));
    if (requests_.has_token()) next_wake_ = std::min(next_wake_, watch_.next_wake());
  }
  if (roster_.leaders() > 0) {
    next_wake_ = std::min(next_wake_, lease_.cutoff(t_));
    if (!jeopardy_) next_wake_ = std::min(next_wake_, lease_.evidence_from() + t_.jeopardy_after);
  }
  next_wake_ = std::max(next_wake_, c.now);
}

void machine::finish(const context& c) {
  requests_.abort_all(c.out);
  finished_ = true;
  next_wake_ = never;
  c.out.emplace_back(finished{});
}

const char* machine::broken_invariant(nanos now) const {
  if (finished_) return nullptr;
  if (roster_.leaders() > 0 && !lease_.held() && !roster_.sweeping())
    return "a leader without a lease";
  if (roster_.leaders() > 0 && next_wake_ == never) return "a leader without a timer";
  if (roster_.leaders() > 0 && next_wake_ > std::max(now, lease_.cutoff(t_)))
    return "a leader whose deadline has no timer";
  if (lease_.held() && !closing_ && next_wake_ == never)
    return "a live lease without a timer or a request";
  return nullptr;
}

}  // namespace tenure::core
