#include "core/calls.hpp"

#include <algorithm>
#include <utility>

namespace tenure::core {

namespace {

// An endpoint alone may say so: a proxy in front of it, or a service that is no etcd. If it is etcd
// that says so, all of its members do.
bool refused(outcome what) {
  return what == outcome::token_invalid || what == outcome::credentials_rejected ||
         what == outcome::permission_denied;
}

// Which of two reasons says more about a request that failed everywhere: silence least of all, a
// refusal more, and most what shows that not all refuse.
int weight(outcome what) {
  if (what == outcome::not_sent || what == outcome::broken || what == outcome::timed_out) return 0;
  return refused(what) ? 1 : 2;
}

bool executed_perhaps(outcome what) {
  return what == outcome::broken || what == outcome::timed_out || what == outcome::bad_answer ||
         what == outcome::unavailable || what == outcome::wrong_cluster;
}

}  // namespace

// After which answers another endpoint may do better.
bool calls::elsewhere(const job& j, outcome what) {
  switch (what) {
    case outcome::not_sent:
    case outcome::broken:
    case outcome::timed_out:
    case outcome::bad_answer:
    case outcome::unavailable:
    case outcome::wrong_cluster:
    case outcome::rejected:  // its gateway is off, or it is no etcd at all: others may be
      return true;
    case outcome::request_too_large:  // a proxy may have a limit of its own
      return j.asked.items.size() <= 1;
    default: return false;
  }
}

calls::calls(std::size_t endpoint_count, bool authenticate, choices& choose)
    : nodes_(endpoint_count, choose), choose_(choose), login_(authenticate) {}

void calls::start(nanos now, const timings& t, request&& asked, std::vector<action>& out) {
  job j;
  j.asked = std::move(asked);
  j.started = now;
  jobs_.push_back(std::move(j));
  if (may_send(jobs_.back())) {
    attempt_next(now, t, jobs_.back(), out);
  } else {
    log_in(now, t, out);
  }
}

bool calls::may_send(const job& j) const {
  return login_.held() || j.asked.what == op::authenticate;
}

// When the hedge is sent: after the silence, and not before it can be sent at all.
nanos calls::hedge_due(const job& j) const {
  return !j.attempts.empty() && may_send(j) ? j.hedge_at : never;
}

// False if every endpoint was tried.
bool calls::attempt_next(nanos now, const timings& t, job& j, std::vector<action>& out) {
  const bool tried_only = j.asked.only && (j.tried >> *j.asked.only & 1U) != 0;
  const auto endpoint = !j.asked.only ? nodes_.pick(now, j.tried)
                        : tried_only  ? std::nullopt
                                      : j.asked.only;
  if (!endpoint) return false;
  j.tried |= endpoint_set{1} << *endpoint;
  const nanos timeout = std::min(t.request_timeout, j.asked.give_up - now);
  j.attempts.push_back({next_call_, *endpoint, now, now + timeout, revision_, login_.number()});
  j.hedge_at = j.asked.hedged ? now + t.hedge_after : never;
  send s;
  s.call = next_call_++;
  s.endpoint = *endpoint;
  s.what = j.asked.what;
  s.lease = j.asked.lease;
  s.ttl = j.asked.ttl;
  s.together = j.asked.together;
  s.timeout = timeout;
  s.revision = j.asked.revision;
  s.limit = j.asked.limit;
  s.items = j.asked.items;
  out.emplace_back(std::move(s));
  return true;
}

std::optional<calls::attempt_info> calls::find(call_id call) const {
  for (const auto& j : jobs_) {
    for (const auto& a : j.attempts) {
      if (a.call == call)
        return attempt_info{j.asked.what, j.asked.lease, a.sent, a.revision_then, a.endpoint};
    }
  }
  return std::nullopt;
}

// The server is told a limit a little below ours. What it has handed to raft by then may be applied
// a little later.
void calls::may_be_executed(job& j, const attempt& a, const timings& t) const {
  j.doubt_until = std::max(j.doubt_until, a.sent + 2 * t.request_timeout);
}

void calls::note_failure(job& j, std::uint32_t endpoint, outcome what) {
  if (j.last && weight(what) < weight(*j.last)) return;
  j.last = what;
  j.last_endpoint = endpoint;
}

// Another endpoint answered, so the refusals were theirs alone.
void calls::hold_refusals_against(const job& j, nanos now, const timings& t) {
  for (std::uint32_t at = 0; at < max_endpoints; ++at) {
    if ((j.refused >> at & 1U) != 0) nodes_.failed(at, now, 8 * t.retry_delay);
  }
}

std::optional<completion> calls::answered(nanos now, const timings& t, call_id call, outcome what,
                                          nanos token_life, std::vector<action>& out) {
  for (std::size_t at = 0; at < jobs_.size(); ++at) {
    auto& j = jobs_[at];
    const auto found =
        std::find_if(j.attempts.begin(), j.attempts.end(), [&](auto& a) { return a.call == call; });
    if (found == j.attempts.end()) continue;
    const attempt a = *found;
    j.attempts.erase(found);
    const bool logs_in = j.asked.what == op::authenticate;
    if (what == outcome::token_invalid && !logs_in && j.logins < 2 && login_.refused(a.token)) {
      ++j.logins;
      j.tried &= ~(endpoint_set{1} << a.endpoint);
      if (may_send(j)) {
        attempt_next(now, t, j, out);
      } else {
        log_in(now, t, out);
      }
      return std::nullopt;
    }
    if (what == outcome::broken && !logs_in) login_.hung_up(a.token);
    if (!elsewhere(j, what) && !refused(what)) {
      login_.answered();
      hold_refusals_against(j, now, t);
      if (j.asked.only) {
        nodes_.rested(a.endpoint);
      } else {
        nodes_.succeeded(a.endpoint);
      }
      // The write that finds the store full is refused, and is executed all the same (etcd's
      // quotaApplierV3).
      if (what == outcome::no_space) may_be_executed(j, a, t);
      auto done = finish(at, what, &a, t, out);
      if (logs_in && (what == outcome::ok || what == outcome::auth_off)) {
        login_.succeeded(now, token_life);
        resume_parked(now, t, out);
      } else if (logs_in) {
        login_.failed(now, t.retry_delay, choose_);
      }
      return done;
    }
    if (refused(what)) {
      login_.answered();
      j.refused |= endpoint_set{1} << a.endpoint;
      j.denied = j.denied || what == outcome::permission_denied;
    } else {
      // A wrong cluster stays wrong for longer than a retry delay.
      nodes_.failed(a.endpoint, now,
                    what == outcome::wrong_cluster ? 8 * t.retry_delay : t.retry_delay);
    }
    if (executed_perhaps(what)) may_be_executed(j, a, t);
    note_failure(j, a.endpoint, what);
    if (now >= j.asked.give_up) return std::nullopt;  // the tick ends it
    if (!may_send(j)) {
      // It is parked until the next token comes.
      if (j.attempts.empty()) log_in(now, t, out);
      return std::nullopt;
    }
    if (attempt_next(now, t, j, out) || !j.attempts.empty()) return std::nullopt;
    return finish(at, *j.last, nullptr, t, out);
  }
  return std::nullopt;
}

void calls::tick(nanos now, const timings& t, std::vector<action>& out,
                 std::vector<completion>& ended) {
  for (std::size_t at = 0; at < jobs_.size();) {
    auto& j = jobs_[at];
    for (std::size_t i = 0; i < j.attempts.size();) {
      const attempt a = j.attempts[i];
      if (a.expires > now) {
        ++i;
        continue;
      }
      out.emplace_back(abort{a.call});
      may_be_executed(j, a, t);
      nodes_.failed(a.endpoint, now, t.retry_delay);
      note_failure(j, a.endpoint, outcome::timed_out);
      j.attempts.erase(j.attempts.begin() + static_cast<std::ptrdiff_t>(i));
    }
    const bool parked = !may_send(j) && j.attempts.empty();
    if (now >= j.asked.give_up) {
      const bool said = j.last && *j.last != outcome::unavailable;
      ended.push_back(finish(at, said ? *j.last : outcome::timed_out, nullptr, t, out));
      continue;
    }
    if (j.attempts.empty() && !parked && !attempt_next(now, t, j, out)) {
      ended.push_back(finish(at, j.last.value_or(outcome::unavailable), nullptr, t, out));
      continue;
    }
    if (now >= hedge_due(j)) {
      j.hedge_at = never;
      // The next request does not ask the silent endpoint first either.
      nodes_.failed(j.attempts.back().endpoint, now, t.retry_delay);
      if (attempt_next(now, t, j, out)) ++hedges_;
    }
    ++at;
  }
  const bool renewed = login_.held() && now >= login_.renew_at();
  if (renewed || (!login_.held() && (login_.watch_waits() || !jobs_.empty()))) log_in(now, t, out);
}

nanos calls::next_wake() const {
  nanos wake = never;
  bool parked = false;
  for (const auto& j : jobs_) {
    wake = std::min({wake, j.asked.give_up, hedge_due(j)});
    for (const auto& a : j.attempts) wake = std::min(wake, a.expires);
    parked = parked || j.attempts.empty();
  }
  const bool wanted = !login_.held() && (parked || login_.watch_waits());
  if (running(op::authenticate)) return wake;
  if (wanted) wake = std::min(wake, login_.not_before());
  if (login_.held() && login_.renew_at() != never)
    wake = std::min(wake, std::max(login_.renew_at(), login_.not_before()));
  return wake;
}

bool calls::running(op what) const { return count(what) != 0; }

std::size_t calls::count(op what) const {
  return static_cast<std::size_t>(std::count_if(
      jobs_.begin(), jobs_.end(), [&](const job& j) { return j.asked.what == what; }));
}

void calls::abort_all(std::vector<action>& out) {
  for (const auto& j : jobs_) {
    for (const auto& a : j.attempts) out.emplace_back(abort{a.call});
  }
  jobs_.clear();
  login_.give_up();
}

void calls::saw_revision(std::int64_t revision) { revision_ = std::max(revision_, revision); }

void calls::history_went_back(std::int64_t revision) {
  revision_ = revision;
  for (auto& j : jobs_) {
    for (auto& a : j.attempts) a.revision_then = 0;
  }
}

// One login at a time: it costs the server 50 ms of bcrypt.
void calls::log_in(nanos now, const timings& t, std::vector<action>& out) {
  if (now < login_.not_before() || running(op::authenticate)) return;
  request r;
  r.what = op::authenticate;
  start(now, t, std::move(r), out);
}

void calls::resume_parked(nanos now, const timings& t, std::vector<action>& out) {
  for (auto& j : jobs_) {
    if (j.attempts.empty() && j.asked.what != op::authenticate) attempt_next(now, t, j, out);
  }
}

completion calls::finish(std::size_t at, outcome what, const attempt* by, const timings& t,
                         std::vector<action>& out) {
  auto& j = jobs_[at];
  for (const auto& a : j.attempts) {
    out.emplace_back(abort{a.call});
    may_be_executed(j, a, t);
  }
  completion done;
  done.what = what;
  done.started = j.started;
  done.sent = by != nullptr ? by->sent : 0;
  done.doubt_until = j.doubt_until;
  done.denied = j.denied;
  done.endpoint = by != nullptr ? by->endpoint : j.last_endpoint;
  if (j.asked.what == op::authenticate && by == nullptr)
    login_.failed(j.started, t.retry_delay, choose_);
  done.asked = std::move(j.asked);
  jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(at));
  return done;
}

}  // namespace tenure::core
