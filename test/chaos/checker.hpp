// Judges a history: a pure function of what was printed and what was done.
//
// What is checked:
// - No two leaderships overlap. A leadership is from `acquired` to `cancelled` (`lost` and
// `resigned`
//   come after it), or to the death of its process.
// - What each candidate prints is in order: cancelled before lost or resigned, one of these before
// the
//   next acquired, nothing of an old term in a new one.
// - Fencing tokens grow with each term.
// - A leadership that ends without being resigned was hurt by something that may end it: one silent
//   endpoint of three, reset connections, a follower or a new leader of etcd may not (see
//   losses.hpp).
// - There is a leader, but for the time that the faults explain.
//
// Frozen processes. One that is stopped does nothing, so the time from SIGSTOP to SIGCONT is no
// work, whatever it last printed. When it wakes, the token is the truth before any line can be
// printed (token.cancelled() compares the clock; the tests of the token show that), so a process
// whose term ran out meanwhile does no work that asks first; but it can say so only when its loop
// has turned. Hence: if the first thing it says about its term after waking is `cancelled`, within
// `allowances::wake`, its leadership ended when it was frozen. If it says that later or not at all,
// its leadership went on from SIGCONT, and whoever was told `acquired` meanwhile makes two. An
// `acquired` before the `cancelled` is out of order in any case.
//
// Hands. Whoever deletes a leader's key or revokes its lease gives the election away at once; the
// old leader learns of it by the push. Two are excused for that one leader, while that very fault
// is being applied and for `allowances::push` after it, never otherwise. Etcd itself is such a
// hand: before 3.4.31 and 3.5.13 a leader that was deposed while it slept revokes, when it wakes,
// leases that are alive (etcd#15247). That is excused of such a version only, for as long as a push
// takes, only right after a member woke, only where the old leader was told by etcd that key or
// lease are gone, and it is counted by itself.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/chaos/history.hpp"

namespace tenure::chaos {

struct allowances {
  nanos wake = 500 * millisecond;       // from SIGCONT to `cancelled`, on a busy machine
  nanos push = 500 * millisecond;       // from the end of a deletion to `cancelled`
  nanos handover = 1500 * millisecond;  // from `cancelled` to `acquired`, when nothing is wrong
  nanos start = 5 * second;             // until the first `acquired` of the run
  nanos expiry = 500 * millisecond;     // etcd looks for expired leases so often
  nanos slack = 1500 * millisecond;     // what reconnecting and a busy machine may add to any bound
  nanos election = 3 * second;  // etcd's own: a crash of its leader costs up to 2 TTL + this
};

enum class ending : unsigned char { resigned, cancelled, killed, open };

struct term {
  std::string who;
  std::int64_t token = 0;
  nanos acquired = 0;
  nanos end = 0;  // the last moment in which it may have worked
  ending how = ending::open;
  std::string reason;
  bool frozen_out = false;                       // it ended while the process was frozen
  nanos told = 0;                                // of `cancelled`; differs from `end` if frozen_out
  std::vector<std::pair<nanos, nanos>> working;  // without the frozen times
};

struct gap {
  nanos from = 0;
  nanos to = 0;
  nanos allowed_to = 0;
};

struct verdict {
  std::vector<std::string> violations;  // none: the history is good
  std::vector<term> terms;              // in the order of `acquired`
  std::vector<gap> gaps;
  std::size_t handovers = 0;         // the leader changed to another candidate
  std::size_t overlaps_by_hand = 0;  // excused
  std::size_t overlaps_by_etcd = 0;  // excused
  std::optional<nanos>
      margin_of_loss;  // the least from the old one's cancelled to the new one's acquired
  std::optional<nanos> margin_of_expiry;  // of these, where etcd had to let the lease expire: none
                                          // of its packets came through
  std::optional<nanos> margin_of_handover;  // the same, where the old one resigned
  nanos worst_gap = 0;
  nanos led = 0;  // of the whole time
};

[[nodiscard]] verdict check(const history& of, const allowances& allowed = {});

// A minute (and twenty TTLs) in which nobody took over from a leader whose lease had to expire
// shows nothing about the deadline, however good it looks: one that still reaches etcd gives its
// key back itself. "" if it is not so, else what is missing.
[[nodiscard]] std::string shows_too_little(const history& of, const verdict& judged);

}  // namespace tenure::chaos
