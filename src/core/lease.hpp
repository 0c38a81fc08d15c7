// The session's lease: granted when first needed, renewed in rounds of a keepalive and a
// confirmation through raft, and believed in until the deadline.
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

class lease {
 public:
  [[nodiscard]] bool held() const { return state_ == state::held; }
  // Held, or perhaps held: a grant is under way or was not answered.
  [[nodiscard]] bool may_exist() const { return id_ != 0; }
  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] nanos granted_ttl() const { return ttl_; }

  // Work must have stopped at `hard_end`; tokens end a stop grace earlier, at `cutoff`.
  [[nodiscard]] nanos hard_end(const timings& t) const;
  [[nodiscard]] nanos cutoff(const timings& t) const { return hard_end(t) - t.stop_grace; }
  // When the evidence that counts was sent.
  [[nodiscard]] nanos evidence_from() const { return deadline_.good_until() - ttl_; }

  [[nodiscard]] bool outdated(std::uint64_t term) const { return deadline_.outdated(term); }

  // What an answer meant.
  enum class effect { none, granted, renewed, gone };
  effect completed(nanos now, const timings& t, const completion& c, nanos ttl, std::uint64_t term,
                   choices& choose);
  // Any write that was answered is half of the evidence. True if the deadline moved.
  bool confirmed(nanos sent, std::uint64_t term);
  // The lease is known to be gone, or is given up.
  void forget();

  // `leading`: some leadership rests on it, and its reassurances confirm the lease as well.
  // Returns when there is more to do.
  nanos tick(nanos now, const timings& t, bool wanted, bool leading, calls& requests,
             choices& choose, std::vector<action>& out);
  // Ask at once whether it still exists.
  void probe(nanos now);

 private:
  enum class state { none, granting, held };
  void ask(op what, nanos now, const timings& t, calls& requests, std::vector<action>& out) const;
  bool moved(nanos before) const { return deadline_.good_until() > before; }

  state state_ = state::none;
  std::int64_t id_ = 0;
  bool grant_in_doubt_ = false;
  nanos ttl_ = 0;
  nanos granted_at_ = 0;
  nanos round_at_ = 0;
  nanos confirm_at_ = 0;
  deadline deadline_;
  backoff backoff_;
  bool probed_ = false;  // something else speaks for its being gone
};

}  // namespace tenure::core
