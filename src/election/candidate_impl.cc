#include "election/candidate_impl.hpp"

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"
#include "base/guarded.hpp"
#include "wire/failure.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

error candidate_impl::stand(session_impl& session, const candidate_options& options,
                            candidate_events events, std::shared_ptr<candidate_impl>& made) {
  const core::election_id id = session.electorate().add(options.shard);
  slot& e = session.slots()[id];
  session.slots().leave(id);  // in case that nobody comes
  if (e.candidate != nullptr) {
    return {errc::wrong_state,
            "this session has a candidate in the election " + session.electorate().prefix(id) +
                " already; if that one is closing, stand when its `closed` was called",
            0};
  }
  auto one =
      std::make_shared<candidate_impl>(session, id, options.campaign_again, std::move(events));
  undo_unless_kept standing([&] { one->silence(); });
  e.candidate = one;
  session.apply(core::stand{id, options.campaign_again});
  standing.keep();
  made = std::move(one);
  return {};
}

candidate_impl::candidate_impl(session_impl& session, core::election_id id, bool campaign_again,
                               candidate_events events)
    : session_(&session), id_(id), again_(campaign_again), events_(std::move(events)) {}

candidate_impl::~candidate_impl() {
  if (node_ != nullptr) node_->release();
}

template <class Call>
void candidate_impl::post(Call&& what) {
  session_->post([self = shared_from_this(), what = std::forward<Call>(what)] { what(); });
}

error candidate_impl::stand_again() {
  if (session_ == nullptr || closing_) return {errc::closed, "the candidate is closed", 0};
  if (!out_)
    return {errc::wrong_state,
            "the candidate stands: stand_again is for after resign, or after a loss", 0};
  out_ = false;
  session_->apply(core::stand{id_, again_});
  return {};
}

void candidate_impl::work_stopped(std::int64_t fencing_token) {
  if (session_ != nullptr) session_->feed(core::work_stopped{id_, fencing_token});
}

error candidate_impl::resign(milliseconds limit, std::function<void(const error&)> done) {
  if (session_ == nullptr || closing_) return {errc::closed, "the candidate is closed", 0};
  if (limit < milliseconds(1) || limit > std::chrono::hours(1)) {
    return {errc::invalid_argument,
            "limit is " + std::to_string(limit.count()) + " ms, but must be from 1 ms to 1 h", 0};
  }
  undo_unless_kept undone([this, out = out_, last = last_promise_] {
    out_ = out;
    if (!promises_.empty() && promises_.back().id > last) promises_.pop_back();
  });
  if (done) {
    const std::uint32_t id = promised(std::move(done));
    promise& mine = promises_.back();
    mine.until = boot_time() + std::chrono::nanoseconds(limit).count();
    mine.alarm = session_->at(mine.until, [self = shared_from_this(), id, limit] {
      self->answer_one(
          id, {errc::timed_out,
               "not resigned within " + std::to_string(limit.count()) +
                   " ms; the key's deletion goes on, and the lease covers it at the latest",
               0});
    });
  }
  out_ = true;
  session_->apply(core::resign{id_});
  undone.keep();
  return {};
}

bool candidate_impl::close(std::function<void()> closed) {
  if (session_ == nullptr || closing_) return false;
  closing_ = true;
  closed_ = std::move(closed);
  // Without memory for that, they are answered at the end.
  (void)has_memory_for([this] { answer_all({errc::closed, "the candidate was closed", 0}); });
  session_->feed(core::leave{id_});
  return true;
}

void candidate_impl::silence() {
  silent_ = true;
  promises_.clear();
  closed_ = nullptr;
  if (session_ != nullptr && !closing_) {
    closing_ = true;
    session_->feed(core::leave{id_});
  }
}

std::uint32_t candidate_impl::promised(std::function<void(const error&)> done) {
  promises_.push_back({++last_promise_, std::move(done)});
  return last_promise_;
}

void candidate_impl::answer_one(std::uint32_t id, const error& how) {
  const auto at =
      std::find_if(promises_.begin(), promises_.end(), [&](auto& p) { return p.id == id; });
  if (at == promises_.end() || session_ == nullptr) return;
  post([this, done = at->done, how] {
    if (!silent_) done(how);
  });
  const promise gone = std::move(*at);
  promises_.erase(at);
  session_->forget(gone.until, gone.alarm);
}

void candidate_impl::answer_all(const error& how) {
  while (!promises_.empty()) answer_one(promises_.front().id, how);
}

void candidate_impl::told(const core::campaigning&) {
  if (!events_.campaigning) return;
  post([this] {
    if (!silent_) events_.campaigning();
  });
}

void candidate_impl::told(const core::position& where) {
  if (!events_.position) return;
  post([this, n = where.in_front] {
    if (!silent_) events_.position(n);
  });
}

void candidate_impl::told(const core::acquired& term) {
  wire::electorate& electorate = session_->electorate();
  const std::string& prefix = electorate.prefix(id_);
  electorate.set_leader_since(id_, std::chrono::system_clock::now());
  if (node_ != nullptr) node_->release();
  node_ = session_->begin_term();
  term_ = term.fencing_token;
  // Nobody could be told.
  if (node_ == nullptr) {
    session_->out_of_memory();
    return;
  }
  leadership l{term_, names::key(prefix, session_->lease()), electorate.leader_since(id_),
               token_tree::make(node_)};
  session_->log()(log_level::info, "acquired", "leading",
                  {{"election", prefix}, {"fencing_token", std::to_string(term_)}});
  post([this, l = std::move(l), which = term_] {
    // Over before it could be told: the loop was late.
    if (silent_ || l.token.cancelled()) return;
    told_ = which;
    owed_ = true;
    if (events_.acquired) events_.acquired(l);
  });
}

void candidate_impl::told(const core::cancelled& end) {
  // Set now: `stand_again` may be called before the reason of the loss is told.
  if (!again_ && end.why != core::cause::resigned) out_ = true;
  if (node_ != nullptr) node_->cancel(wire::to_reason(end.why));
  if (end.why == core::cause::resigned) post([this, which = term_] { never_began(which); });
}

void candidate_impl::told(const core::lost& end) {
  const reason why = wire::to_reason(end.why);
  // The words are put together when they are told. Thousands may lose at once, and not all of them
  // have somebody who listens.
  const auto evidence = why != reason::session_closed ? session_->evidence() : nullptr;
  const auto in_words = [why, evidence] {
    return evidence == nullptr ? std::string(text(why)) : text(why) + ("; " + *evidence);
  };
  if (session_->log().heard()) {
    session_->log()(log_level::warning, "lost", "leading no more: " + in_words(),
                    {{"election", session_->electorate().prefix(id_)}, {"reason", name(why)}});
  }
  post([this, why, in_words, which = term_] {
    if (never_began(which)) return;
    tell_lost(why, events_.lost ? in_words() : std::string());
  });
  end_term();
}

void candidate_impl::tell_lost(reason why, const std::string& in_words) {
  owed_ = false;
  if (silent_ || !events_.lost) return;
  ending_ = told_;
  error how{wire::to_errc(why), {}, 0};
  (void)has_memory_for(
      [&] { how.message = in_words.empty() ? text(why) : in_words; });  // told in any case
  events_.lost(why, how);
  ending_ = 0;
}

// The leadership was over before it could be told. So no work was started, and none has to stop.
bool candidate_impl::never_began(std::int64_t term) {
  if (told_ == term && term != 0) return false;
  work_stopped(term);
  return true;
}

void candidate_impl::told(const core::resigned&) {
  post([this] {
    owed_ = false;
    if (!silent_ && events_.resigned) events_.resigned();
  });
  end_term();
  if (!closing_) answer_all({});
}

void candidate_impl::end_term() {
  if (node_ == nullptr) return;
  std::exchange(node_, nullptr)->release();
}

void candidate_impl::told_leader(const leader_info& who) {
  if (!events_.leader || leading() || !who) return;
  post([this, who] {
    if (!silent_) events_.leader(who);
  });
}

void candidate_impl::told_trouble(const error& what) {
  if (!events_.trouble) return;
  post([this, what] {
    if (!silent_) events_.trouble(what);
  });
}

// The candidate is closed, by itself or with its session. It is told nothing after this.
void candidate_impl::ended() {
  const reason why = session_->why_ended();
  // It may be closed while the key that it resigned is being deleted.
  post([this, why] {
    if (owed_) tell_lost(why, {});
  });
  answer_all({errc::closed, "the session was closed", 0});
  if (closed_) {
    post([this] {
      if (const auto closed = std::move(closed_)) closed();
    });
  }
  if (node_ != nullptr) node_->cancel(why);
  end_term();
  session_ = nullptr;
}

}  // namespace tenure::detail
