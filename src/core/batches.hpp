// Work that waits to be sent for many elections at once: six lists, cut into batches of what one
// transaction may hold, a few under way at a time, and paused after failures.
//
// Batches that compare are first asked for together, all or none: etcd reads that several times
// faster than entries that are each decided by itself. Where one differs, its batch is asked for
// again entry by entry.
#pragma once

#include <array>
#include <cstddef>
#include <deque>

#include "core/backoff.hpp"
#include "core/context.hpp"
#include "core/election.hpp"

namespace tenure::core {

class batches {
 public:
  // The operations that come in batches, in order of urgency.
  static constexpr std::array<op, 6> kinds{op::withdraw,   op::stand,       op::reassure,
                                           op::read_queue, op::read_leader, op::announce};

  // Puts the election on the list, once.
  void add(op what, election_id id, election& e);
  // Starts what may be started, but one large batch at most. Returns when there is more to start,
  // answers aside. An entry whose election has moved on is dropped.
  nanos pump(const context& c, elections& all);
  // It takes a good part of a turn to encode it, or to make something of its answer.
  [[nodiscard]] static bool large(const request& r) { return r.items.size() > 16; }
  // A batch ended: on success its list goes on at once, on failure after a pause.
  void ended(const context& c, const completion& done, elections& all, bool differs);
  // Under a new lease nothing stands yet, and there may be nobody else.
  void lease_granted() { hopeful_ = true; }
  void clear(elections& all);
  // Whether it can be tried with fewer entries.
  [[nodiscard]] static bool divisible(const completion& done) {
    return done.what == outcome::too_many_operations && done.asked.items.size() > 1;
  }

 private:
  static constexpr std::size_t at_once = 2;  // batches of one kind under way
  static bool due(op what, const election& e);
  [[nodiscard]] bool apart(op what, const election& e) const;
  static std::size_t index(op what);
  [[nodiscard]] std::size_t most(const request& r) const;

  struct list {
    std::deque<election_id> waiting;
    backoff pause;
  };
  std::array<list, kinds.size()> lists_;
  std::size_t waiting_ = 0;       // in all lists
  std::size_t operations_ = 128;  // etcd's --max-txn-ops, as far as we know
  static constexpr std::size_t most_apart = 32;
  bool hopeful_ = true;  // those that stand may have empty queues
};

}  // namespace tenure::core
