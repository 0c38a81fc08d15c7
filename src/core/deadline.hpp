// Until when this process may believe in its lease.
//
// A keepalive does not pass through raft: a deposed etcd leader goes on acknowledging it
// (etcd#15247). So an acknowledgement counts only together with a write that was answered under
// the same raft term:
//
//     good until = min(t_k, t_c) + TTL
//
// t_k, t_c: when the last keepalive and the last write acknowledged under that term were SENT.
// Some quorum still obeyed the term at or after t_c, so whoever leads etcd later was promoted after
// t_c and gave the lease a full TTL from then; the leader of the term itself counts from t_k or
// later. A linearizable read is no such proof: a member that caught up by a snapshot answers it
// under its old term (safety.md, 3).
#pragma once

#include <cstdint>

#include "core/time.hpp"

namespace tenure::core {

class deadline {
 public:
  // A grant is both: it goes through raft and starts the lease. It opens a new life, also for
  // terms. One without a term says only that there is a lease.
  void granted(nanos sent, std::uint64_t term, nanos ttl);
  // A lease that is ours, of unknown age: it needs both halves of the evidence.
  void adopted(nanos ttl);
  void kept(nanos sent, std::uint64_t term, nanos ttl);
  void confirmed(nanos sent, std::uint64_t term);
  // The lease is gone: nothing counts until the next grant.
  void forget();

  // The lease lives at least until this moment, by this machine's clock; 0 if nothing is known.
  [[nodiscard]] nanos good_until() const { return good_until_; }
  // An answer of an outdated term, or of none (0), is evidence of nothing, neither of life nor of
  // death.
  [[nodiscard]] bool outdated(std::uint64_t term) const { return term == 0 || term < term_; }
  // The greatest term seen lacks one half of its evidence.
  [[nodiscard]] bool lacks_keepalive() const { return kept_ == 0 && term_ != 0; }
  [[nodiscard]] bool lacks_confirmation() const { return confirmed_ == 0 && term_ != 0; }
  [[nodiscard]] nanos last_confirmed() const { return confirmed_; }

 private:
  // Makes `term` the one that counts, or says that it does not count.
  bool enter(std::uint64_t term);
  void count();

  std::uint64_t term_ = 0;
  nanos ttl_ = 0;
  nanos kept_ = 0;
  nanos confirmed_ = 0;
  nanos good_until_ = 0;
};

}  // namespace tenure::core
