#include "session/audience.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "wire/names.hpp"

namespace tenure::detail {

using core::news;

template <class Event, class... What>
void audience::post(Event session_events::*event, What... what) {
  if (!(events_.*event)) return;
  later_.post([this, event, what...] {
    if (!silent_) (events_.*event)(what...);
  });
}

void audience::tell(core::nanos now, const core::machine& core, const core::tell& t,
                    said& besides) {
  const auto span = std::chrono::nanoseconds(t.time);
  switch (t.what) {
    case news::granted:
      log_(log_level::info, "lease_granted", "a lease was granted",
           {{"lease", names::key("", t.value).substr(1)},
            {"ttl_s", std::to_string(t.time / core::second)}});
      post(&session_events::granted, t.value, std::chrono::duration_cast<milliseconds>(span));
      break;
    case news::lease_lost: {
      const error e{errc::lease_gone,
                    std::string(text(wire::to_reason(t.why_lost))) + "; " +
                        *evidence_.text(now, core.counts()),
                    0};
      log_(log_level::warning, "lease_gone", e.message);
      tell_lost(e);
      break;
    }
    case news::jeopardy:
      log_(log_level::warning, "jeopardy", "renewals do not come through",
           {{"left_ms", std::to_string(t.time / core::millisecond)}});
      post(&session_events::jeopardy, span);
      break;
    case news::safe:
      log_(log_level::info, "safe", "renewals come through again");
      post(&session_events::safe);
      break;
    case news::stalled:
      log_(log_level::warning, "stalled", "the loop was late",
           {{"late_ms", std::to_string(t.time / core::millisecond)}});
      post(&session_events::stalled, span);
      break;
    case news::refused_timings: {
      std::string why;
      (void)core::check(core::resolve(core.asked(), t.time), why);
      const error e{errc::unsafe_timing, "etcd granted another TTL than the one asked for: " + why,
                    0};
      log_(log_level::error, "unsafe_timing", e.message);
      tell_lost(e);
      break;
    }
    case news::cancelled_all: break;  // the tokens' affair; their owners are told one by one
    case news::outdated:
    case news::page:
    case news::complete:
    case news::changed: tell_key_reader(t, besides); break;
    case news::leader: tell_leader(t.election, besides); break;
    case news::trouble:
      if (t.request != core::op::stand) {
        tell_trouble(now, t, besides);
        break;
      }
      [[fallthrough]];
    default: tell_election(t, besides); break;
  }
}

void audience::tell_trouble(const error& what) {
  log_(log_level::warning, "trouble", what.message);
  post(&session_events::trouble, what);
}

void audience::warn(std::string_view event, const std::string& what) {
  log_(log_level::warning, event, what);
  post(&session_events::warning, what);
}

void audience::tell_lost(const error& why) { post(&session_events::lost, why); }

// What etcd or the connection said, if it said anything.
error audience::failure_of(const core::tell& t, const said& besides) const {
  const bool of_an_answer =
      t.why != core::outcome::timed_out && t.why != core::outcome::wrong_cluster;
  // A refusal says more than the silence of the endpoints that were asked after it.
  const errc code = wire::to_errc(t.why);
  const bool of_an_earlier_one =
      besides.failure.code != code &&
      (code == errc::permission_denied || code == errc::authentication_failed);
  if (besides.failure && of_an_answer && !of_an_earlier_one) return besides.failure;
  return report_.failed(t.request, static_cast<std::uint32_t>(t.value), t.why);
}

// Of a request that serves many.
void audience::tell_trouble(core::nanos now, const core::tell& t, const said& besides) {
  const error e = failure_of(t, besides);
  evidence_.add_trouble(now, e.message);
  log_(log_level::warning, "trouble", e.message);
  post(&session_events::trouble, e);
  const bool of_watch = t.request == core::op::watch;
  if (of_watch || t.request == core::op::read_leader) {
    for (core::election_id id = 0; id < slots_.size(); ++id) {
      if (slots_[id].seen == nullptr) continue;
      for (const auto& each : slots_[id].seen->observers) each->told(t, e);
    }
  }
  if (key_reader_ != nullptr && (of_watch || t.request == core::op::read_all))
    key_reader_->told_trouble(e);
}

void audience::tell_key_reader(const core::tell& t, said& besides) {
  if (key_reader_ == nullptr) return;
  switch (t.what) {
    case news::outdated: key_reader_->told_outdated(t.value != 0); break;
    case news::page: key_reader_->told_page(t.value, std::move(besides.page)); break;
    case news::complete: key_reader_->told_complete(); break;
    default: key_reader_->told_changes(std::move(besides.changes)); break;
  }
}

void audience::tell_election(const core::tell& t, const said& besides) {
  slot& e = slots_[t.election];
  if (e.candidate == nullptr) return;
  if (t.what == news::left) {
    // It hears of it later: the place is free by then.
    e.candidate->ended();
    e.candidate = nullptr;
    slots_.leave(t.election);
    return;
  }
  const std::string& prefix = elections_.prefix(t.election);
  error failure;
  if (t.what == news::trouble) failure = failure_of(t, besides);
  if (t.what == news::tampered) {
    failure = {errc::tampered,
               "the key of election " + prefix +
                   " was attached to another lease; it is deleted and set anew",
               0};
  }
  if (failure) log_(log_level::warning, "trouble", failure.message, {{"election", prefix}});
  e.candidate->told(t, failure);
}

// The core believes the answer: what it says of the leader counts from now on.
void audience::tell_leader(core::election_id id, said& besides) {
  slot& e = slots_[id];
  outlook& seen = e.see();
  const auto at = std::find_if(besides.leaders.begin(), besides.leaders.end(),
                               [id](const wire::leader_read& r) { return r.election == id; });
  seen.leader = at != besides.leaders.end() ? std::move(at->leader) : leader_info();
  seen.leader_known = !seen.observers.empty();  // only for them is it kept current
  if (e.candidate != nullptr) e.candidate->told_leader(seen.leader);
  for (const auto& each : seen.observers) each->told_leader(seen.leader);
}

bool audience::end_some() {
  constexpr core::election_id slice = 64;
  const auto end = std::min(slots_.size(), ended_to_ + slice);
  for (; ended_to_ < end; ++ended_to_) end_clients(slots_[ended_to_]);
  if (ended_to_ < slots_.size()) return true;
  if (key_reader_ != nullptr) key_reader_->ended();
  key_reader_ = nullptr;
  return false;
}

// Each is let go after it was told.
void audience::end_clients(slot& of) {
  if (of.candidate != nullptr) of.candidate->ended();
  of.candidate = nullptr;
  if (of.seen == nullptr) return;
  auto& observers = of.seen->observers;
  while (!observers.empty()) {
    observers.front()->ended();
    observers.erase(observers.begin());
  }
  of.seen.reset();
}

}  // namespace tenure::detail
