#include "standing.hpp"

#include <utility>

namespace tenure::tool {

standing::standing(host& on, const settings& chosen, std::string shard,
                   std::function<void(int)> over)
    : host_(on), chosen_(chosen), shard_(std::move(shard)), over_(std::move(over)) {}

error standing::start() {
  candidate_options options;
  options.shard = shard_;
  options.campaign_again = !chosen_.once;
  return candidate_.stand(host_.session(), options, callbacks());
}

candidate_events standing::callbacks() {
  candidate_events on;
  on.campaigning = [this] { host_.events().write(happened("campaigning")); };
  on.position = [this](std::size_t in_front) {
    host_.events().write(happened("position").add("position", static_cast<std::int64_t>(in_front)));
  };
  on.acquired = [this](const leadership& term) { acquired(term); };
  on.lost = [this](reason why, const error& what) { lost(why, what); };
  on.resigned = [this] { resigned(); };
  on.leader = [this](const leader_info& info) { host_.events().write(leader_event(shard_, info)); };
  on.trouble = [this](const error& what) { host_.trouble(happened("error"), what); };
  return on;
}

void standing::acquired(const leadership& term) {
  event what = happened("acquired");
  fencing_token_ = term.fencing_token;
  work_ = work::running;
  in_office_ = true;
  cancellation_ = term.token.on_cancel(
      [this, fencing_token = fencing_token_](reason why) { cancelled(fencing_token, why); });
  host_.events().write(what.add("fencing_token", fencing_token_).add("key", term.key));
}

void standing::cancelled(std::int64_t fencing_token, reason why) {
  host_.events().write(
      happened("cancelled").add("fencing_token", fencing_token).add("reason", tenure::name(why)));
  stop_work();
}

void standing::lost(reason why, const error& what) {
  host_.events().write(happened("lost")
                           .add("fencing_token", fencing_token_)
                           .add("reason", tenure::name(why))
                           .add(what));
  in_office_ = false;
  stop_work();
  if (chosen_.once || why == reason::internal) end(exit_could_not_go_on);
}

void standing::resigned() {
  event what = happened("resigned");
  if (std::exchange(in_office_, false)) what.add("fencing_token", fencing_token_);
  host_.events().write(what);
}

// The pretended work stops as real work would: from the moment it is told, in its own time.
void standing::stop_work() {
  if (work_ != work::running) return;
  work_ = work::stopping;
  if (chosen_.stop_work.count() == 0) return work_stopped(fencing_token_);
  host_.after(chosen_.stop_work,
              [this, fencing_token = fencing_token_] { work_stopped(fencing_token); });
}

void standing::work_stopped(std::int64_t fencing_token) {
  host_.events().write(happened("stopped").add("fencing_token", fencing_token));
  // Work that takes longer than the stop grace may stop when the next term runs already.
  if (fencing_token != fencing_token_) return;
  work_ = work::stopped;
  candidate_.work_stopped(fencing_token);
}

void standing::hand_over() {
  if (ended_ || std::exchange(handing_over_, true)) return;
  resign([this] {
    handing_over_ = false;
    if (ended_ || host_.stopping()) return;
    if (const error failed = candidate_.stand_again()) {
      host_.trouble(happened("error"), failed);
      end(exit_could_not_go_on);
    }
  });
}

void standing::leave() {
  if (ended_) return;
  resign([this] { end(exit_done); });
}

void standing::resign(const std::function<void()>& done) {
  const auto answered = [this, done](const error& outcome) {
    // The key was not seen to go in time. Either the deletion still comes through, or the lease
    // ends it.
    if (outcome) host_.trouble(happened("error"), outcome);
    if (outcome && host_.stopping()) end(exit_could_not_go_on);
    done();
  };
  // Refused when there is nothing to give up, e.g. after a loss with --once.
  if (candidate_.resign(chosen_.resign_limit, answered)) answered({});
}

void standing::end(int exit_code) {
  if (std::exchange(ended_, true)) return;
  over_(exit_code);
}

}  // namespace tenure::tool
