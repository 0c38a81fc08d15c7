// The rules, in true time, by what users were told and what became of the keys. It trusts nothing
// that the core says of itself.
#pragma once

#include <cstdint>
#include <vector>

#include "choice.hpp"
#include "core/action.hpp"
#include "store.hpp"

namespace sim {

class world;

// A leadership, from the core's word on.
struct term {
  std::size_t process = 0;
  std::uint32_t life = 0;  // of the process
  election_id election = 0;
  std::int64_t fencing = 0;
  nanos stop_time = 0;         // what the user's work needs to stop
  nanos cancelled_at = never;  // local time; the deadline can make it earlier
  nanos hand_at = never;       // true time at which somebody deleted the key by hand
  bool told = false;           // the user was told 'acquired'
  bool over = false;           // the user was told of its end, or its process died
};

class checker {
 public:
  void reset(world& w);

  std::size_t began(std::size_t process, election_id e, std::int64_t fencing, nanos stop_time);
  void cancelled(std::size_t t, nanos local);
  void told_acquired(std::size_t t);
  void told_lost(std::size_t t);
  void told_resigned(std::size_t t);
  // A candidate is told that it is out of the queue; it knew its key by this create revision.
  void told_out(std::size_t process, election_id e, std::int64_t known);
  void died(std::size_t process);
  void revoked(std::size_t process, std::int64_t lease);  // is about to be
  // The keys that went since the last time.
  void keys_gone();
  // A process that can run asks a token first thing.
  void token_asked(std::size_t process, bool cancelled);
  void deadline_moved(std::size_t process, nanos before);
  void check_leader_exists();  // the faults are over for long enough
  void check_queues();
  void expect_handover();                // those who lead resign now
  void check_handed_over(nanos before);  // by those who stood before
  void check_noticed();                  // nobody leads by a key that was deleted
  [[nodiscard]] nanos stop_time_in(std::size_t process, election_id e) const;
  [[nodiscard]] bool leads_in(std::size_t process, election_id e) const;
  void check_all_gone();  // everybody was asked to go long enough ago

  [[nodiscard]] term& at(std::size_t t) { return terms_[t]; }
  [[nodiscard]] bool leads(const term& t) const;
  [[nodiscard]] std::uint64_t leaderships() const { return terms_.size(); }
  bool history_lost = false;  // a backup was restored: revisions begin anew

 private:
  // The moment of a process's own clock from which its user's work must have stopped.
  [[nodiscard]] nanos work_ends(const term& t) const;

  world* w_ = nullptr;
  std::vector<term> terms_;
  std::vector<bool> next_waits_;       // somebody waits behind the leader
  std::vector<std::int64_t> highest_;  // fencing token told, per election
};

}  // namespace sim
