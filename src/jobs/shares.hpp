// Who leads how many of all elections, and which moves make the shares more equal. Pure: no clock,
// no I/O.
//
// Everybody counts the same: all that a process leads, also jobs that the counting process does not
// know. If each counted only the jobs of its own list, two processes with different lists would
// each find that the other has less.
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
  // It is about to pass from one to the other. It is counted so at once, unless another is known to
  // lead it already.
  void passes(const std::string& election, instance_id from, instance_id to);
  [[nodiscard]] std::size_t load(instance_id who) const;
  [[nodiscard]] std::size_t leaders() const { return loads_.size(); }

 private:
  std::unordered_map<std::string, instance_id> leader_;
  std::unordered_map<instance_id, std::size_t> loads_;
};

// A queue is who stands in an election, the leader first.
//
// Whether the leader of a queue gives its job to the next. It does so only if the next leads at
// least two less: else the move would make nothing more equal. Each such move makes the sum of the
// squares of all loads smaller, whatever the lists and the quotas. So the moves end. `under_way`
// moves have been begun and are not over. The more there are, the larger the difference must be.
// Other leaders may be giving to the same one: all moves together are at most a quarter of the
// difference.
[[nodiscard]] bool gives_away(const shares& all, const std::vector<instance_id>& queue,
                              std::size_t under_way);

// Whether `self`, who is next in the queue, goes to its end. It does so if somebody behind has
// less, and the leader would give the job to that one.
[[nodiscard]] bool steps_aside(const shares& all, const std::vector<instance_id>& queue,
                               instance_id self);

}  // namespace tenure::jobs
