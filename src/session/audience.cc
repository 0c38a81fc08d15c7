#include "session/audience.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "wire/names.hpp"

namespace tenure::detail {

template <class Event, class... What>
void audience::post(Event session_events::*event, What... what) {
  if (!(events_.*event)) return;
  later_.post([this, event, what...] {
    if (!silent_) (events_.*event)(what...);
  });
}

void audience::tell(const core::to_session& what, const occasion& in) {
  std::visit([&](const auto& it) { tell_user(it, in); }, what);
}

void audience::tell_user(const core::lease_granted& what, const occasion&) {
  log_(log_level::info, "lease_granted", "a lease was granted",
       {{"lease", names::key("", what.lease).substr(1)},
        {"ttl_s", std::to_string(what.ttl / core::second)}});
  post(&session_events::granted, what.lease, milliseconds(what.ttl / core::millisecond));
}

void audience::tell_user(const core::lease_lost& what, const occasion& in) {
  const error e{errc::lease_gone,
                std::string(text(wire::to_reason(what.why))) + "; " +
                    *evidence_.text(in.now, in.core.counts()),
                0};
  log_(log_level::warning, "lease_gone", e.message);
  tell_lost(e);
}

void audience::tell_user(const core::jeopardy& what, const occasion&) {
  log_(log_level::warning, "jeopardy", "renewals do not come through",
       {{"left_ms", std::to_string(what.left / core::millisecond)}});
  post(&session_events::jeopardy, std::chrono::nanoseconds(what.left));
}

void audience::tell_user(const core::safe&, const occasion&) {
  log_(log_level::info, "safe", "renewals come through again");
  post(&session_events::safe);
}

void audience::tell_user(const core::stalled& what, const occasion&) {
  log_(log_level::warning, "stalled", "the loop was late",
       {{"late_ms", std::to_string(what.late / core::millisecond)}});
  post(&session_events::stalled, std::chrono::nanoseconds(what.late));
}

// The tokens' affair: their owners are told one by one.
void audience::tell_user(const core::all_cancelled&, const occasion&) {}

void audience::tell_user(const core::timings_refused& what, const occasion& in) {
  std::string why;
  (void)core::check(core::resolve(in.core.asked(), what.ttl), why);
  const error e{errc::unsafe_timing, "etcd granted another TTL than the one asked for: " + why, 0};
  log_(log_level::error, "unsafe_timing", e.message);
  tell_lost(e);
}

// Of a request that serves many.
void audience::tell_user(const core::trouble& what, const occasion& in) {
  const error e = failure_of(what.request, what.why, what.endpoint, in.besides);
  evidence_.add_trouble(in.now, e.message);
  tell_trouble(e);
  const bool of_watch = what.request == core::op::watch;
  if (of_watch || what.request == core::op::read_leader) {
    for (core::election_id id = 0; id < slots_.size(); ++id) {
      if (slots_[id].seen == nullptr) continue;
      for (const auto& each : slots_[id].seen->observers) each->told_trouble(e);
    }
  }
  if (key_reader_ != nullptr && (of_watch || what.request == core::op::read_all))
    key_reader_->told_trouble(e);
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

error audience::failure_of(core::op what, core::outcome how, std::uint32_t endpoint,
                           const said& besides) const {
  const bool of_an_answer = how != core::outcome::timed_out && how != core::outcome::wrong_cluster;
  // A refusal says more than the silence of the endpoints that were asked after it.
  const errc code = wire::to_errc(how);
  const bool of_an_earlier_one =
      besides.failure.code != code &&
      (code == errc::permission_denied || code == errc::authentication_failed);
  if (besides.failure && of_an_answer && !of_an_earlier_one) return besides.failure;
  return report_.failed(what, endpoint, how);
}

void audience::tell(const core::to_candidate& what, const said& besides) {
  std::visit(
      [&](const auto& it) {
        slot& of = slots_[it.election];
        if (of.candidate != nullptr) tell_candidate(of, it, besides);
      },
      what);
}

template <class Message>
void audience::tell_candidate(slot& of, const Message& what, const said&) {
  of.candidate->told(what);
}

// It hears of it later: the place is free by then.
void audience::tell_candidate(slot& of, const core::left& what, const said&) {
  of.candidate->ended();
  of.candidate = nullptr;
  slots_.leave(what.election);
}

void audience::tell_candidate(slot& of, const core::tampered& what, const said&) {
  tell_candidate_trouble(of, what.election,
                         {errc::tampered,
                          "the key of election " + electorate_.prefix(what.election) +
                              " was attached to another lease; it is deleted and set anew",
                          0});
}

void audience::tell_candidate(slot& of, const core::stand_delayed& what, const said& besides) {
  tell_candidate_trouble(of, what.election,
                         failure_of(core::op::stand, what.why, what.endpoint, besides));
}

void audience::tell_candidate_trouble(slot& of, core::election_id id, const error& what) {
  log_(log_level::warning, "trouble", what.message, {{"election", electorate_.prefix(id)}});
  of.candidate->told_trouble(what);
}

// The core believes the answer: what it says of the leader counts from now on.
void audience::tell(const core::leader_changed& what, said& besides) {
  slot& e = slots_[what.election];
  outlook& seen = e.see();
  const auto at =
      std::find_if(besides.leaders.begin(), besides.leaders.end(),
                   [&](const wire::leader_read& r) { return r.election == what.election; });
  seen.leader = at != besides.leaders.end() ? std::move(at->leader) : leader_info();
  seen.leader_known = !seen.observers.empty();  // only for them is it kept current
  if (e.candidate != nullptr) e.candidate->told_leader(seen.leader);
  for (const auto& each : seen.observers) each->told_leader(seen.leader);
}

void audience::tell(const core::to_reader& what, said& besides) {
  if (key_reader_ == nullptr) return;
  if (const auto* outdated = std::get_if<core::pages_outdated>(&what)) {
    key_reader_->told_outdated(outdated->anew);
  } else if (const auto* page = std::get_if<core::page_read>(&what)) {
    key_reader_->told_page(page->revision, std::move(besides.page));
  } else if (std::holds_alternative<core::pages_complete>(what)) {
    key_reader_->told_complete();
  } else {
    key_reader_->told_changes(std::move(besides.changes));
  }
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
