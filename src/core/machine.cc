#include "core/machine.hpp"

#include <algorithm>
#include <utility>

namespace tenure::core {

machine::machine(const settings& s, choices& choose)
    : settings_(s),
      choose_(choose),
      t_(resolve(s.asked, s.asked.ttl)),
      requests_(s.endpoint_count, s.authenticate, choose),
      roll_call_(s.names),
      roster_(s.slice) {}

void machine::apply(nanos now, const event& e, std::vector<action>& out) {
  if (finished_) return;
  const context c{now, t_, choose_, requests_, lease_, out};
  // The deadline comes first: what has come after it does not count.
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
  if (const auto* it = std::get_if<endpoints_changed>(&e)) requests_.nodes().changed(*it, choose_);
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

nanos machine::deadline_due() const {
  if (roster_.leaders() == 0) return never;
  const nanos cutoff = lease_.cutoff(t_);
  return jeopardy_ ? cutoff : std::min(cutoff, jeopardy_from());
}

void machine::check_deadline(const context& c) {
  if (roster_.leaders() == 0 || roster_.losing()) return;
  const nanos left = lease_.cutoff(t_) - c.now;
  counts_.closest = std::min(counts_.closest, std::max<nanos>(left, 0));
  if (deadline_due() > c.now) return;
  if (left <= 0) {
    roster_.deadline_passed(c);
    jeopardy_ = false;
    return;
  }
  jeopardy_ = true;
  c.tell(jeopardy{left});
}

// The first event after a stall tells of it, whatever it is: if a callback of a socket blocked the
// loop, other sockets are served before the timers.
void machine::tell_stall(const context& c) {
  if (next_wake_ == never || c.now < next_wake_ + t_.stall_threshold) return;
  const nanos late = c.now - next_wake_;
  ++counts_.stalls;
  counts_.stall_max = std::max(counts_.stall_max, late);
  c.tell(stalled{late});
}

void machine::take(const context& c, const stream_news& n) {
  if (n.cluster != 0 && cluster_ != 0 && n.cluster != cluster_) {
    requests_.nodes().failed(watch_.endpoint(), c.now, 8 * t_.retry_delay);
    c.out.emplace_back(close_stream{n.stream});
    c.out.emplace_back(redial{watch_.endpoint()});
    watch_.gone(c.now, t_, {n.stream, outcome::wrong_cluster}, requests_.nodes(), choose_, c.out);
    return;
  }
  // A member that has not heard of the newest term is behind, or lies. What it tells others tell as
  // well.
  if (n.term != 0 && lease_.outdated(n.term)) {
    const stream_gone over{n.stream, outcome::bad_answer};
    if (!watch_.gone(c.now, t_, over, requests_.nodes(), choose_, c.out)) return;
    requests_.nodes().failed(watch_.endpoint(), c.now, t_.retry_delay);
    c.out.emplace_back(close_stream{n.stream});
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
      requests_.saw_revision(n.compact_revision);  // what was compacted has happened
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

// A stream begins behind what was read. A survey reads nothing again while its stream is well, so
// it needs every change.
nanos machine::listen(const context& c) {
  const bool look = watch_.must_look(c.now, t_);
  if (look && !requests_.running(op::look)) {
    request r;
    r.what = op::look;
    r.hedged = true;
    requests_.start(c.now, t_, std::move(r), c.out);
  }
  if (watch_.due(c.now) && !look && !survey_.wanted() &&
      watch_.advance(roster_.read_as_of(requests_.revision()) + 1))
    roster_.listens_from(watch_.next_needed());
  const nanos wake = watch_.tick(c.now, t_, requests_.nodes(), choose_, c.out);
  const std::int64_t gap = watch_.take_gap();
  if (gap == 0) return wake;
  roster_.events_lost(gap);
  survey_.outdated(c);
  return c.now;
}

// Whether the greatest term still counts is for several members to say.
nanos machine::ask_all(const context& c) {
  if (!lease_.held()) return never;
  if (overruling_.asks_all(c.now, t_)) {
    for (std::uint32_t at = 0; at < max_endpoints; ++at) {
      if (!requests_.nodes().has(at)) continue;
      request r;
      r.what = op::confirm;
      r.lease = lease_.id();
      r.only = at;
      r.give_up = c.now + t_.request_timeout;
      requests_.start(c.now, t_, std::move(r), c.out);
    }
  }
  return overruling_.next_wake();
}

void machine::go_on(const context& c) {
  ended_.clear();
  requests_.tick(c.now, t_, c.out, ended_);
  for (std::size_t i = 0; i < ended_.size() && !finished_; ++i) completed(c, ended_[i], nullptr);
  if (finished_) return;
  nanos wake = roster_.tick(c);
  watch_.want(settings_.watch && (roster_.wants_watch() || survey_.wanted()),
              roster_.wants_puts() || survey_.wanted(), c.out);
  const bool patient =
      roster_.stake() == stake::place && !roster_.wants_puts() && !survey_.wanted();
  watch_.ask_after((patient ? 2 : 1) * t_.renew_interval);
  if (requests_.has_token()) wake = std::min(wake, listen(c));
  wake = std::min(wake, survey_.tick(c, watch_));
  if (!closing_) {
    if (roster_.holds_losses() != held_losses_) {
      held_losses_ = !held_losses_;
      if (held_losses_) lease_.probe(c.now);  // was a key deleted, or has the lease ended?
    }
    wake = std::min(wake, roll_call_.tick(c, wants_lease(), cluster_ != 0));
    wake = std::min(wake, ask_all(c));
    wake = std::min(wake, lease_.tick(c.now, t_, wants_lease() && roll_call_.passed(),
                                      roster_.stake(), requests_, choose_, c.out));
  } else if (!roster_.stopping() && !roster_.losing() && !revoking_) {
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
  // The requests come last: each of the others may have started some.
  next_wake_ = std::max(std::min({wake, requests_.next_wake(), deadline_due()}), c.now);
}

void machine::finish(const context& c) {
  requests_.abort_all(c.out);
  finished_ = true;
  next_wake_ = never;
  c.out.emplace_back(finished{});
}

const char* machine::broken_invariant(nanos now) const {
  if (finished_) return nullptr;
  if (roster_.leaders() > 0 && !lease_.held() && !roster_.losing())
    return "a leader without a lease";
  if (roster_.leaders() > 0 && next_wake_ == never) return "a leader without a timer";
  if (roster_.leaders() > 0 && next_wake_ > std::max(now, lease_.cutoff(t_)))
    return "a leader whose deadline has no timer";
  if (lease_.held() && !closing_ && next_wake_ == never)
    return "a live lease without a timer or a request";
  return nullptr;
}

}  // namespace tenure::core
