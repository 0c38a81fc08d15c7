// The core of a session. Events and a time go in, actions come out. It has no clock, no I/O, no
// randomness and no callback. Its host carries out the actions, and brings back what came of them.
#pragma once

#include <cstdint>
#include <vector>

#include "core/action.hpp"
#include "core/belief.hpp"
#include "core/calls.hpp"
#include "core/choices.hpp"
#include "core/context.hpp"
#include "core/event.hpp"
#include "core/lease.hpp"
#include "core/overruling.hpp"
#include "core/roll_call.hpp"
#include "core/roster.hpp"
#include "core/survey.hpp"
#include "core/time.hpp"
#include "core/timings.hpp"
#include "core/watch.hpp"

namespace tenure::core {

struct settings {
  asked_timings asked;  // checked
  std::size_t endpoint_count = 1;
  bool names = false;  // an endpoint is a name: it may turn out to be several
  bool authenticate = false;
  std::size_t slice = 32;  // how many leaderships may be lost in one turn of the loop
  bool watch = true;       // false only in tests of what catches a watch that fails
};

struct counters {
  std::uint64_t renewals = 0;
  std::uint64_t confirmations = 0;
  nanos renewal_last = 0;
  nanos renewal_max = 0;
  nanos closest = never;  // smallest distance to the cutoff while leading
  std::uint64_t stalls = 0;
  nanos stall_max = 0;
  std::uint64_t leases = 0;
  nanos kept_at = 0;       // sending of the last keepalive that etcd acknowledged
  nanos confirmed_at = 0;  // sending of the last write that was answered
  std::uint64_t term = 0;  // greatest raft term heard
};

class machine {
 public:
  machine(const settings& s, choices& choose);

  // The only way in and the only way out. `now` never goes back. Appends to `out`.
  void apply(nanos now, const event& e, std::vector<action>& out);

  // Nobody here has to do with that election any more: from now on its number may stand for another
  // one. False: something is still under way that is about it. Ask again later.
  bool forget(election_id id) { return roster_.forget(id); }

  // If nothing happens before, `woke` is wanted at this moment. `never`: nothing is due.
  [[nodiscard]] nanos next_wake() const { return next_wake_; }
  // Tokens are cancelled from this moment on. Each renewal moves it.
  [[nodiscard]] nanos cutoff() const { return lease_.cutoff(t_); }
  [[nodiscard]] core::belief belief() const {
    return {lease_.id(), cutoff(), roster_.leaders() != 0, roster_.losing()};
  }
  [[nodiscard]] std::int64_t lease_id() const { return lease_.id(); }
  [[nodiscard]] const timings& times() const { return t_; }
  [[nodiscard]] const asked_timings& asked() const { return settings_.asked; }
  [[nodiscard]] const counters& counts() const { return counts_; }
  [[nodiscard]] const calls& requests() const { return requests_; }
  [[nodiscard]] const watch& stream() const { return watch_; }
  [[nodiscard]] const roster& standings() const { return roster_; }

  // Empty if all is well, else the invariant that is broken.
  [[nodiscard]] const char* broken_invariant(nanos now) const;

 private:
  void take(const context& c, const answer& a);
  void take(const context& c, const stream_news& n);
  void take(const context& c, const stream_gone& g);
  void take(const context& c, const event& e);
  void confirmed(const context& c, nanos sent, std::uint64_t term);
  [[nodiscard]] bool told_already(const completion& done);
  void completed(const context& c, const completion& done, const answer* a);
  bool history_went_back(const context& c, const answer& a, const calls::attempt_info& asked);
  nanos ask_all(const context& c);
  void forget_history(const context& c, std::int64_t revision);
  void introduced(const context& c, const completion& done);
  void granted(const context& c);
  void lease_gone(const context& c, cause why);
  void renewed(const context& c);
  // When the next step towards the deadline is due.
  [[nodiscard]] nanos deadline_due() const;
  [[nodiscard]] nanos jeopardy_from() const { return lease_.evidence_from() + t_.jeopardy_after; }
  void check_deadline(const context& c);
  void tell_stall(const context& c);
  [[nodiscard]] bool wants_lease() const { return !lease_.held() && roster_.wants_lease(); }
  nanos listen(const context& c);
  void go_on(const context& c);
  void finish(const context& c);

  settings settings_;
  choices& choose_;
  timings t_;
  calls requests_;
  roll_call roll_call_;
  core::lease lease_;
  overruling overruling_;
  watch watch_;
  roster roster_;
  survey survey_;
  std::uint64_t cluster_ = 0;
  bool jeopardy_ = false;
  bool closing_ = false;
  bool revoking_ = false;
  bool finished_ = false;
  bool held_losses_ = false;
  outcome announce_trouble_ = outcome::ok;  // why the last announcement failed
  bool was_over_ = false;                   // the deadline had passed when this event came
  nanos next_wake_ = never;
  counters counts_;
  std::vector<completion> ended_;
};

}  // namespace tenure::core
