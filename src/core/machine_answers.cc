// What the core makes of an answer. Is it of our cluster and its present history? What does it
// prove? What follows for the lease, the elections and the survey?
#include <algorithm>
#include <string>
#include <utility>

#include "core/machine.hpp"

namespace tenure::core {

namespace {

// Its answer knows all that was committed when it was asked for.
bool tells_the_revision(op what) { return what != op::keepalive && what != op::authenticate; }

// Its answer shows that a quorum followed the term when it was asked for. A read shows no such
// thing: a member that caught up by a snapshot serves it under its old term (safety.md, 3).
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

}  // namespace

void machine::take(const context& c, const answer& a) {
  const auto asked = requests_.find(a.call);
  if (!asked) return;
  outcome what = a.what;
  if (a.cluster != 0) {
    if (cluster_ == 0) cluster_ = a.cluster;
    if (a.cluster != cluster_) {
      what = outcome::wrong_cluster;
      c.out.emplace_back(redial{asked->endpoint});
    }
  } else if (what == outcome::ok) {
    what = outcome::bad_answer;
  }
  if (what == outcome::lease_gone && asked->what != op::revoke) {
    // An error has no header, so it may be another cluster's. A keepalive's answer will tell
    // whether the lease is gone.
    what = outcome::unavailable;
    if (lease_.held() && asked->lease == lease_.id()) lease_.probe(c.now);
  }
  if (what == outcome::ok && asked->what != op::authenticate && asked->what != op::introduce) {
    counts_.term = std::max(counts_.term, a.term);
    if (history_went_back(c, a, *asked)) {
      what = outcome::unavailable;  // the request itself belongs to the past
    } else if (tells_the_revision(asked->what)) {
      requests_.saw_revision(a.revision);
      if (watch_.learned(a.revision, asked->sent)) roster_.listens_from(a.revision + 1);
      if (proves_the_term(asked->what)) confirmed(c, asked->sent, a.term);
    } else if (lease_.outdated(a.term)) {
      // A member that lags behind may not know the lease. So its word does not end the lease.
      if (a.ttl == 0) what = outcome::unavailable;
    } else if (a.ttl != 0) {  // 0: the lease is gone
      ++counts_.renewals;
      counts_.kept_at = std::max(counts_.kept_at, asked->sent);
      counts_.renewal_last = c.now - asked->sent;
      counts_.renewal_max = std::max(counts_.renewal_max, counts_.renewal_last);
    }
  }
  if (const auto done = requests_.answered(c.now, t_, a.call, what, a.token_life, c.out))
    completed(c, *done, &a);
}

// A linearizable answer knows all that was known when it was asked for, and terms do not fall. If
// that is not so, the cluster was restored from a backup. Then no key, lease or term of ours means
// anything.
bool machine::history_went_back(const context& c, const answer& a,
                                const calls::attempt_info& asked) {
  const endpoint_set all = requests_.nodes().live();
  const overruling::word word{asked.sent, asked.endpoint, lease_.outdated(a.term),
                              proves_the_term(asked.what), (all & (all - 1)) == 0};
  const bool overruled = a.term != 0 && overruling_.heard(c.now, t_, word);
  if (!tells_the_revision(asked.what)) return false;
  if (!overruled && a.revision >= asked.revision_then) return false;
  overruling_.forget();
  counts_.term = a.term;
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

// Each such answer is half of the proof that the lease lives. Before the grant there is no lease.
void machine::confirmed(const context& c, nanos sent, std::uint64_t term) {
  if (term == 0) return;
  ++counts_.confirmations;
  counts_.confirmed_at = std::max(counts_.confirmed_at, sent);
  if (lease_.confirmed(t_, sent, term)) renewed(c);
}

// An announcement is only for people. That it fails is told once, not at each try.
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
  const bool one_of_all = what == op::confirm && done.asked.only;
  if (failed && !known && !one_of_all && what != op::stand && what != op::revoke &&
      done.what != outcome::auth_off && !batches::divisible(done) &&
      !(what == op::read_all && done.what == outcome::compacted)) {
    c.tell(trouble{what, done.what, done.endpoint});
  }
  if (what == op::revoke) {
    finish(c);
    return;
  }
  if (batched(what)) {
    roster_.completed(c, done, a);
    // A key that we may not delete is in everybody's way. It goes with its lease.
    if (roster_.keeps_refused_keys() && !closing_) lease_gone(c, cause::lease_let_go);
    return;
  }
  if (what == op::read_all) {
    survey_.completed(c, done, a);
    return;
  }
  if (what == op::look) {
    if (failed) watch_.look_failed(c.now, t_, choose_);
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
    c.tell(trouble{op::introduce, done.what, done.endpoint});
  }
  if (e != roll_call::effect::divided || !roll_call_.by_chance()) return;
  cluster_ = 0;
  forget_history(c, 0);
}

void machine::granted(const context& c) {
  ++counts_.leases;
  c.tell(lease_granted{lease_.id(), lease_.granted_ttl()});
  if (lease_.granted_ttl() != t_.ttl) {
    // The granted TTL counts. All that is derived from the TTL follows it.
    const timings follows = resolve(settings_.asked, lease_.granted_ttl());
    std::string why;
    if (check(follows, why) != timing_fault::none) {
      c.tell(timings_refused{follows.ttl});
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
  lease_.forget(c.now, t_, choose_);
  roll_call_.again();
  jeopardy_ = false;
  roster_.lease_gone(c, why);
  c.tell(lease_lost{why});
}

void machine::renewed(const context& c) {
  if (jeopardy_ && c.now < jeopardy_from()) {
    jeopardy_ = false;
    c.tell(safe{});
  }
  if (was_over_) roster_.back(c);
  roster_.renewed();
}

}  // namespace tenure::core
