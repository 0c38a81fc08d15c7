// The rules, in true time, by what users were told and what became of the keys. It trusts nothing
// that the core says of itself.
#pragma once

#include <cstdint>
#include <vector>

#include "agenda.hpp"
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
  nanos began_at = 0;
  nanos hand_at = never;          // true time at which somebody deleted the key by hand
  bool lied_to = false;           // it began by a lie: somebody was in front
  nanos stood_still = 0;          // of the process in all, then
  const char* keyless = nullptr;  // the rule, if it began without its key, by nobody's hand
  bool told = false;              // the user was told 'acquired'
  bool over = false;              // the user was told of its end, or its process died
};

class checker {
 public:
  void reset(world& w);

  std::size_t began(std::size_t process, election_id e, std::int64_t fencing, nanos stop_time);
  void cancelled(std::size_t t, nanos local, tenure::core::cause why);
  void told_acquired(std::size_t t);
  void told_lost(std::size_t t);
  void told_resigned(std::size_t t);
  // A candidate is told that it is out of the queue; it knew its key by this create revision.
  void told_out(std::size_t process, election_id e, std::int64_t known);
  void died(std::size_t process);
  void told_lease_gone(std::int64_t lease);
  void told_cluster_changed(std::size_t process);
  // It was told, wrongly, that nobody is in front of its key.
  void lied_to(std::size_t process, election_id e, std::int64_t create);
  // The right to do so is refused.
  void cannot_withdraw(std::size_t process, std::int64_t lease);
  // What it has heard of that: a member that said no, or one that did it.
  void withdrawal_heard(std::size_t process, std::int64_t lease, bool done);
  void look(const event& e);
  void revoked(std::size_t process, std::int64_t lease);  // is about to be
  // The keys that went since the last time.
  void keys_gone();
  // A process that can run asks a token first thing.
  void token_asked(std::size_t process, bool cancelled);
  void deadline_moved(std::size_t process, nanos before);
  void check_leader_exists();  // the faults are over for long enough
  void check_queues();
  void expect_few_writes();  // from here on, in peace
  void check_few_writes();
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

  // What has to be so after a while.
  enum class duty : std::uint8_t {
    noticed,    // b: term: a deleted key
    given_up,   // b: process, c: lease: a key that may not be deleted goes with its lease
    found_out,  // b: term: somebody older is in front
  };
  [[nodiscard]] bool has_key(const term& t) const;
  void handed_away(std::size_t t);
  void expect_soon(duty what, std::size_t t, nanos from);
  void expect_noticed(const event& e);
  void expect_given_up(const event& e);
  [[nodiscard]] nanos until_given_up() const;

  struct went {
    election_id election;
    std::int64_t create;
    std::int64_t name;
    ending how;
    nanos at;
  };

  world* w_ = nullptr;
  std::uint64_t rewritten_ = 0;
  nanos peace_since_ = 0;
  std::vector<went> went_;
  struct lie {
    std::size_t process;
    election_id election;
    std::int64_t create;
  };
  std::vector<lie> lies_;
  std::vector<std::int64_t> stuck_;  // leases with a key that may not be deleted
  struct denials {
    std::int64_t lease = 0;
    std::size_t heard = 0;  // in a row
  };
  std::vector<denials> denials_;  // by process
  std::vector<term> terms_;
  std::vector<bool> next_waits_;       // somebody waits behind the leader
  std::vector<std::int64_t> highest_;  // fencing token told, per election
};

}  // namespace sim
