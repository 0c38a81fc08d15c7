#include "core/lease.hpp"

#include <algorithm>
#include <utility>

namespace tenure::core {

namespace {

// Before 3.4.20 and 3.5.3 a keepalive right after the grant may find nothing (etcd#13932).
constexpr nanos young = second;

// The two halves of the evidence differ in their term only around a change of etcd's leader. The
// missing one is asked for soon, but not in a hurry.
constexpr nanos soon = 50 * millisecond;

}  // namespace

nanos lease::hard_end(const timings& t) const {
  const nanos good = deadline_.good_until();
  return good == 0 ? 0 : good - t.margin;
}

lease::effect lease::completed(nanos now, const timings& t, const completion& c, nanos ttl,
                               std::uint64_t term, choices& choose) {
  const nanos before = deadline_.good_until();
  if (c.asked.lease != id_) return effect::none;  // of an earlier lease
  switch (c.asked.what) {
    case op::grant:
      return state_ == state::granting ? grant_ended(now, t, c, ttl, term, choose) : effect::none;
    case op::keepalive: {
      if (state_ == state::raised) return raise_ended(now, t, c, ttl, term, choose);
      if (state_ != state::held) return effect::none;
      if (c.what == outcome::ok && ttl == 0) {
        if (c.sent < granted_at_ + young && !probed_) {
          round_at_ = now + 2 * soon;
          return effect::none;
        }
        return effect::gone;
      }
      if (c.what != outcome::ok) {
        borne_out_ = false;
        // The pause is never doubled: the deadline comes nearer.
        round_at_ = backoff().failed(now, std::min(t.retry_delay, t.renew_interval / 2), choose);
        return effect::none;
      }
      probed_ = false;
      borne_out_ = !deadline_.outdated(term);
      deadline_.kept(c.sent, term, ttl);
      ttl_ = std::min(ttl_, ttl);
      if (deadline_.lacks_keepalive()) round_at_ = std::min(round_at_, now + hurry(t));
      if (deadline_.lacks_confirmation()) confirm_at_ = std::min(confirm_at_, now + hurry(t));
      break;
    }
    case op::confirm:
      if (c.what != outcome::ok) {
        confirm_at_ = backoff().failed(now, std::min(t.retry_delay, t.renew_interval / 2), choose);
      }
      break;
    default: break;
  }
  if (!moved(before)) return effect::none;
  hurries_ = 0;
  return effect::renewed;
}

// Terms that go on to disagree are no change of etcd's leader.
nanos lease::hurry(const timings& t) {
  const nanos pause = soon << std::min(hurries_, 8);
  ++hurries_;
  return std::min(pause, t.renew_interval);
}

void lease::begin(nanos now, nanos ttl, nanos round_at) {
  backoff_.succeeded();
  state_ = state::held;
  granted_at_ = now;
  ttl_ = ttl;
  borne_out_ = true;
  kept_asked_ = now;
  round_at_ = confirm_at_ = round_at;
}

lease::effect lease::grant_ended(nanos now, const timings& t, const completion& c, nanos ttl,
                                 std::uint64_t term, choices& choose) {
  // An earlier grant was executed, and its answer was lost.
  if (c.what == outcome::lease_exists && (grant_in_doubt_ || c.doubt_until != 0)) {
    begin(now, c.asked.ttl, now);
    deadline_.adopted(ttl_);
    return effect::granted;
  }
  if (c.what == outcome::ok && ttl > c.asked.ttl) {
    // etcd raises a TTL that is too short for its election time-out. But who believes in a lease
    // for longer than it lives makes two leaders. So the word of one member is not enough.
    state_ = state::raised;
    granted_at_ = round_at_ = now;
    ttl_ = ttl;
    raised_by_ = c.endpoint;
    return effect::none;
  }
  if (c.what == outcome::ok) {
    begin(now, ttl, now + interval(t));
    deadline_.granted(c.sent, term, ttl_);
    return effect::granted;
  }
  state_ = state::none;
  if (c.what == outcome::lease_exists) {
    id_ = 0;  // somebody else's: choose another
  } else {
    grant_in_doubt_ = grant_in_doubt_ || c.doubt_until != 0;
  }
  backoff_.failed(now, t.retry_delay, choose);
  return effect::none;
}

// What a keepalive says of a TTL that was raised. The shorter one counts.
lease::effect lease::raise_ended(nanos now, const timings& t, const completion& c, nanos ttl,
                                 std::uint64_t term, choices& choose) {
  if (c.what == outcome::ok && ttl != 0) {
    begin(now, std::min(ttl_, ttl), now + interval(t));
    deadline_.adopted(ttl_);
    deadline_.kept(c.sent, term, ttl_);
    return effect::granted;
  }
  if (c.what == outcome::ok && c.sent >= granted_at_ + young) {
    forget(now, t, choose);
  } else {
    round_at_ = backoff_.failed(now, t.retry_delay, choose);
  }
  return effect::none;
}

bool lease::confirmed(const timings& t, nanos sent, std::uint64_t term) {
  if (state_ != state::held) return false;
  const nanos before = deadline_.good_until();
  deadline_.confirmed(sent, term);
  if (deadline_.lacks_keepalive()) round_at_ = std::min(round_at_, sent + hurry(t));
  if (!moved(before)) return false;
  hurries_ = 0;
  return true;
}

void lease::probe(nanos now) {
  round_at_ = now;
  probed_ = true;
}

void lease::forget(nanos now, const timings& t, choices& choose) {
  another_.again(now, t.retry_delay, choose);
  state_ = state::none;
  id_ = 0;
  grant_in_doubt_ = false;
  probed_ = false;
  ttl_ = 0;
  deadline_.forget();
  backoff_.succeeded();
}

void lease::ask(op what, nanos now, const timings& t, calls& requests,
                std::vector<action>& out) const {
  request r;
  r.what = what;
  r.lease = id_;
  r.ttl = t.ttl;  // a keepalive must not say less
  r.hedged = what != op::grant;
  requests.start(now, t, std::move(r), out);
}

nanos lease::tick(nanos now, const timings& t, bool wanted, stake at, calls& requests,
                  choices& choose, std::vector<action>& out) {
  if (state_ == state::none) {
    if (!wanted) return never;
    const nanos from = std::max(backoff_.until(), another_.until());
    if (now < from) return from;
    if (id_ == 0) {
      // We choose the id. So a repeated grant is recognised, and no lease is orphaned. It is
      // positive because of etcd#14239.
      id_ = 1 + static_cast<std::int64_t>(choose.below(static_cast<std::uint64_t>(never) - 1));
      grant_in_doubt_ = false;
    }
    state_ = state::granting;
    ask(op::grant, now, t, requests, out);
    return never;
  }
  if (state_ == state::granting) return never;
  note_stake(t, at);
  const nanos wake = keep(now, t, requests, out);
  return state_ == state::raised ? wake : std::min(wake, confirm(now, t, requests, out));
}

// Most of the TTL is still left when a leadership begins. So without one a renewal may be half as
// frequent.
nanos lease::interval(const timings& t) const {
  return (stake_ == stake::leadership ? 1 : 2) * t.renew_interval;
}

void lease::note_stake(const timings& t, stake at) {
  const bool more = at > stake_;
  stake_ = at;
  if (more) round_at_ = std::min(round_at_, kept_asked_ + interval(t));
}

nanos lease::keep(nanos now, const timings& t, calls& requests, std::vector<action>& out) {
  if (requests.running(op::keepalive)) return never;
  if (now < round_at_) return round_at_;
  kept_asked_ = now;
  round_at_ = now + interval(t);
  // Another is asked first whether it is true.
  if (state_ == state::raised) requests.nodes().failed(raised_by_, now, t.retry_delay);
  ask(op::keepalive, now, t, requests, out);
  return never;
}

nanos lease::confirm(nanos now, const timings& t, calls& requests, std::vector<action>& out) {
  // A confirmation is a write. Who only waits further back needs none while the lease is kept. But
  // that the terms of a cluster have fallen can be told only by a write (overruling.hpp).
  if (stake_ == stake::place && borne_out_) return never;
  if (requests.running(op::confirm)) return never;
  if (now < confirm_at_) return confirm_at_;
  confirm_at_ = now + interval(t);
  // A reassurance of the leaderships is as good a proof, though it may come a little later. So
  // nothing is asked for twice.
  if (stake_ == stake::leadership &&
      deadline_.last_confirmed() > now - t.renew_interval - t.renew_interval / 4) {
    return confirm_at_;
  }
  ask(op::confirm, now, t, requests, out);
  return never;
}

}  // namespace tenure::core
