// Work that waits to be sent for many elections at once. There is a list for each of six
// operations. A list is cut into batches of what one transaction may hold. A few batches are under
// way at a time, and after a failure the list pauses.
//
// A batch that compares is first asked for together: all of it or nothing. etcd reads that several
// times faster than entries that are decided one by one. If an entry differs, the batch is asked
// for again, entry by entry.
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
  // Starts what may be started, but one large batch at most. An entry whose election has moved on
  // is dropped. Returns when there is more to start, if no answer comes before.
  nanos pump(const context& c, elections& all);
  // To encode it, or to handle its answer, takes a good part of a turn.
  [[nodiscard]] static bool large(const request& r) { return r.items.size() > 16; }
  // A batch has ended. After a success its list goes on at once, after a failure it pauses.
  void ended(const context& c, const completion& done, elections& all, bool differs);
  // The lease is gone, and the key with it. A reading of its queue that is under way is of no use.
  static void forget_reading(election& e) { e.errands.queue = false; }
  // Under a new lease we have no keys yet, and all queues may be empty.
  void lease_granted() { hopeful_ = true; }
  void clear(elections& all);
  // It had too many entries, and can be tried with fewer.
  [[nodiscard]] static bool divisible(const completion& done) {
    return (done.what == outcome::too_many_operations || done.what == outcome::request_too_large) &&
           done.asked.items.size() > 1;
  }

 private:
  static constexpr std::size_t at_once = 2;  // batches of one kind under way
  static bool due(op what, const election& e);
  [[nodiscard]] bool apart(op what, const election& e) const;
  static std::size_t index(op what);
  struct list {
    std::deque<election_id> waiting;
    backoff pause;
    std::size_t fits = most_operations;  // entries that are not too large together
    int full = 0;                        // batches of so many that were taken since
  };
  [[nodiscard]] std::size_t most(const request& r) const;
  static void taken(list& l, const request& r);
  void refused(list& l, const completion& done);

  std::array<list, kinds.size()> lists_;
  std::size_t waiting_ = 0;  // in all lists
  static constexpr std::size_t most_operations = 128;
  std::size_t operations_ = most_operations;  // etcd's --max-txn-ops, as far as we know
  static constexpr std::size_t most_apart = 32;
  bool hopeful_ = true;  // the queues may be empty: stands are asked for together
};

}  // namespace tenure::core
