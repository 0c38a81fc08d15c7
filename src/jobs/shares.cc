#include "jobs/shares.hpp"

#include <algorithm>

namespace tenure::jobs {

void shares::led_by(job_id job, instance_id who) {
  instance_id& leader = leader_[job];
  if (leader == who) return;
  if (leader != 0 && --loads_[leader] == 0) loads_.erase(leader);
  leader = who;
  if (who != 0) {
    ++loads_[who];
  } else {
    leader_.erase(job);
  }
}

std::size_t shares::load(instance_id who) const {
  const auto at = loads_.find(who);
  return at == loads_.end() ? 0 : at->second;
}

bool gives_away(const shares& all, const std::vector<instance_id>& queue, std::size_t own) {
  return queue.size() > 1 && queue[1] != 0 && all.load(queue[1]) + 2 <= own;
}

bool steps_aside(const shares& all, const std::vector<instance_id>& queue, instance_id self, std::size_t own) {
  if (queue.size() < 3 || queue[1] != self || queue[0] == 0) return false;
  const std::size_t leaders = all.load(queue[0]);
  return std::any_of(queue.begin() + 2, queue.end(), [&](instance_id behind) {
    return behind != 0 && all.load(behind) < own && all.load(behind) + 2 <= leaders;
  });
}

}  // namespace tenure::jobs
