// Until when this process may believe in its lease.
//
// A keepalive does not pass through raft. A deposed etcd leader goes on acknowledging it
// (etcd#15247). So an acknowledgement counts only together with a write that was answered under the
// same raft term:
//
//     good until = min(t_k, t_c) + TTL
//
// t_k, t_c: when the last keepalive and the last write acknowledged under that term were SENT.
// Some quorum still obeyed the term at or after t_c. So a later leader of etcd was promoted after
// t_c, and gave the lease a full TTL from then. The leader of the term itself counts from t_k or
// later. A linearizable read proves nothing: a member that caught up by a snapshot answers it under
// its old term (safety.md, 3).
#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace tenure::core {

class deadline {
 public:
  // A grant is both halves of the evidence: it goes through raft, and it starts the lease. Terms
  // begin anew with it. A grant without a term says only that there is a lease.
  void granted(nanos sent, std::uint64_t term, nanos ttl);
  // The lease is ours, but its age is not known. It needs both halves of the evidence.
  void adopted(nanos ttl);
  void kept(nanos sent, std::uint64_t term, nanos ttl);
  void confirmed(nanos sent, std::uint64_t term);
  // The lease is gone. Nothing counts until the next grant.
  void forget();

  // The lease lives at least until this moment, by this machine's clock; 0 if nothing is known.
  [[nodiscard]] nanos good_until() const { return good_until_; }
  // An answer of an outdated term proves nothing: not that the lease lives, nor that it is gone.
  // The same is true of an answer without a term (0).
  [[nodiscard]] bool outdated(std::uint64_t term) const { return term == 0 || term < term_; }
  // One half of the evidence is missing under the greatest term seen.
  [[nodiscard]] bool lacks_keepalive() const { return kept_ == 0 && term_ != 0; }
  [[nodiscard]] bool lacks_confirmation() const { return confirmed_ == 0 && term_ != 0; }
  [[nodiscard]] nanos last_confirmed() const { return confirmed_; }

 private:
  // Makes `term` the one that counts. False: it does not count.
  bool enter(std::uint64_t term);
  void count();

  std::uint64_t term_ = 0;
  nanos ttl_ = 0;
  nanos kept_ = 0;
  nanos confirmed_ = 0;
  nanos good_until_ = 0;
};

}  // namespace tenure::core
