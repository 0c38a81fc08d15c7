// Who leads how many of the jobs, and which moves make the shares more equal. Pure: no clock, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace tenure::jobs {

using job_id = std::uint32_t;
using instance_id = std::int64_t;  // a process by its lease; 0: nobody, or nobody to be reckoned with

class shares {
 public:
  // Who leads this job now.
  void led_by(job_id job, instance_id who);
  void forget(job_id job) { led_by(job, 0); }
  [[nodiscard]] std::size_t load(instance_id who) const;

 private:
  std::unordered_map<job_id, instance_id> leader_;
  std::unordered_map<instance_id, std::size_t> loads_;
};

// A queue is who stands in an election, the leader first.
//
// Whether its leader, who leads `own` jobs, gives it to the next: with less than two more than that one
// the move would make nothing more equal.
[[nodiscard]] bool gives_away(const shares& all, const std::vector<instance_id>& queue, std::size_t own);

// Whether `self`, next in the queue and leading `own` jobs, goes to its end: somebody behind has less, and the leader would
// give the job to that one.
[[nodiscard]] bool steps_aside(const shares& all, const std::vector<instance_id>& queue, instance_id self, std::size_t own);

}  // namespace tenure::jobs
