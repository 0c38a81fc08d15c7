// The session's lease. It is granted when it is first needed. It is renewed by keepalives and,
// where somebody leads or may soon, by confirmations through raft. It is believed in until the
// deadline.
#pragma once

#include <cstdint>
#include <vector>

#include "core/action.hpp"
#include "core/backoff.hpp"
#include "core/calls.hpp"
#include "core/choices.hpp"
#include "core/deadline.hpp"
#include "core/time.hpp"
#include "core/timings.hpp"

namespace tenure::core {

// What hangs on the lease. The more it is, the more often it is renewed.
enum class stake : std::uint8_t {
  place,  // places in queues, further back: nothing is proved before one comes near
  next,   // a candidate is first or second in its queue, and may lead soon
  leadership,
};

class lease {
 public:
  [[nodiscard]] bool held() const { return state_ == state::held; }
  // It is held, or it may be: a grant is under way, or was not answered.
  [[nodiscard]] bool may_exist() const { return id_ != 0; }
  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] nanos granted_ttl() const { return ttl_; }

  // Work must have stopped at `hard_end`. Tokens end a stop grace earlier, at `cutoff`.
  [[nodiscard]] nanos hard_end(const timings& t) const;
  [[nodiscard]] nanos cutoff(const timings& t) const { return hard_end(t) - t.stop_grace; }
  // When the evidence that counts was sent.
  [[nodiscard]] nanos evidence_from() const { return deadline_.good_until() - ttl_; }

  [[nodiscard]] bool outdated(std::uint64_t term) const { return deadline_.outdated(term); }

  // What an answer meant.
  enum class effect { none, granted, renewed, gone };
  effect completed(nanos now, const timings& t, const completion& c, nanos ttl, std::uint64_t term,
                   choices& choose);
  // A write was answered: that is half of the evidence. True if the deadline moved.
  bool confirmed(const timings& t, nanos sent, std::uint64_t term);
  // The lease is known to be gone, or is given up.
  void forget(nanos now, const timings& t, choices& choose);

  // Returns when there is more to do.
  nanos tick(nanos now, const timings& t, bool wanted, stake at, calls& requests, choices& choose,
             std::vector<action>& out);
  // Ask at once whether it still exists.
  void probe(nanos now);

 private:
  enum class state {
    none,
    granting,
    raised,  // granted for longer than was asked for: a keepalive has to say so as well
    held,
  };
  void begin(nanos now, nanos ttl, nanos round_at);
  effect grant_ended(nanos now, const timings& t, const completion& c, nanos ttl,
                     std::uint64_t term, choices& choose);
  effect raise_ended(nanos now, const timings& t, const completion& c, nanos ttl,
                     std::uint64_t term, choices& choose);
  [[nodiscard]] nanos interval(const timings& t) const;
  void note_stake(const timings& t, stake at);
  nanos keep(nanos now, const timings& t, calls& requests, std::vector<action>& out);
  nanos confirm(nanos now, const timings& t, calls& requests, std::vector<action>& out);
  void ask(op what, nanos now, const timings& t, calls& requests, std::vector<action>& out) const;
  nanos hurry(const timings& t);
  bool moved(nanos before) const { return deadline_.good_until() > before; }

  state state_ = state::none;
  std::int64_t id_ = 0;
  bool grant_in_doubt_ = false;
  nanos ttl_ = 0;
  std::uint32_t raised_by_ = 0;  // raised: the endpoint
  nanos granted_at_ = 0;
  stake stake_ = stake::place;
  nanos kept_asked_ = 0;  // the last keepalive was asked for then
  nanos round_at_ = 0;    // the next one is due
  nanos confirm_at_ = 0;
  bool borne_out_ = true;  // by the last keepalive: it was answered, and its term counts
  deadline deadline_;
  backoff backoff_;
  pace another_;         // the next lease, when one has gone
  int hurries_ = 0;      // since the deadline moved last
  bool probed_ = false;  // there are other signs that it is gone
};

}  // namespace tenure::core
