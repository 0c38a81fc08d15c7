// Who leads how many of all elections, and which moves make the shares more equal. Pure: no clock,
// no I/O.
//
// Everybody counts the same: whatever a process leads, be it known to whoever counts or not. Were
// only the jobs counted that one's own list has, two processes with different lists would each find
// that the other has less.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace tenure::jobs {

// A process by its lease. 0: nobody, or nobody that counts.
using instance_id = std::int64_t;

class shares {
 public:
  // Who leads this election now.
  void led_by(const std::string& election, instance_id who);
  // It is about to pass on: counted so at once, unless another is known to lead it already.
  void passes(const std::string& election, instance_id from, instance_id to);
  [[nodiscard]] std::size_t load(instance_id who) const;
  [[nodiscard]] std::size_t leaders() const { return loads_.size(); }

 private:
  std::unordered_map<std::string, instance_id> leader_;
  std::unordered_map<instance_id, std::size_t> loads_;
};

// A queue is who stands in an election, the leader first.
//
// Whether its leader gives it to the next: if that one leads less than two less, the move would
// make nothing more equal. Otherwise the sum of the squares of all loads becomes smaller, whatever
// the lists and the quotas: so it ends. `under_way` moves have been begun and are not over. The
// more there are, the larger the difference must be: all together, with those of everybody else who
// leads, who may be giving to the same one, they are at most a quarter of it.
[[nodiscard]] bool gives_away(const shares& all, const std::vector<instance_id>& queue,
                              std::size_t under_way);

// Whether `self`, next in the queue, goes to its end: somebody behind has less, and the leader
// would give the job to that one.
[[nodiscard]] bool steps_aside(const shares& all, const std::vector<instance_id>& queue,
                               instance_id self);

}  // namespace tenure::jobs
