#include "jobs/shares.hpp"

#include <algorithm>

namespace tenure::jobs {

void shares::led_by(const std::string& election, instance_id who) {
  const auto at = leader_.find(election);
  const instance_id before = at != leader_.end() ? at->second : 0;
  if (before == who) return;
  if (before != 0 && --loads_[before] == 0) loads_.erase(before);
  if (who != 0) {
    ++loads_[who];
    leader_[election] = who;
  } else {
    leader_.erase(at);
  }
}

void shares::passes(const std::string& election, instance_id from, instance_id to) {
  const auto at = leader_.find(election);
  if (at != leader_.end() && at->second == from) led_by(election, to);
}

std::size_t shares::load(instance_id who) const {
  const auto at = loads_.find(who);
  return at == loads_.end() ? 0 : at->second;
}

bool gives_away(const shares& all, const std::vector<instance_id>& queue, std::size_t under_way) {
  if (queue.size() < 2 || queue[1] == 0) return false;
  const std::size_t own = all.load(queue[0]);
  const std::size_t next = all.load(queue[1]);
  return next + 2 <= own && (under_way == 0 || under_way * 4 * all.leaders() < own - next);
}

bool steps_aside(const shares& all, const std::vector<instance_id>& queue, instance_id self) {
  if (queue.size() < 3 || queue[1] != self || queue[0] == 0) return false;
  const std::size_t leaders = all.load(queue[0]);
  return std::any_of(queue.begin() + 2, queue.end(), [&, own = all.load(self)](instance_id behind) {
    return behind != 0 && all.load(behind) < own && all.load(behind) + 2 <= leaders;
  });
}

}  // namespace tenure::jobs
