#include "jobs/newcomers.hpp"

#include <cstddef>
#include <iterator>

namespace tenure::jobs {

namespace {

constexpr std::size_t remembered = 256;
constexpr core::nanos absent_for = 600 * core::second;

}  // namespace

bool newcomers::see(instance_id who, core::nanos now) {
  presence& its = seen_.try_emplace(who, presence{now, now}).first->second;
  its.last = now;
  return now - its.first < delay_;
}

void newcomers::forget_absent(core::nanos now) {
  if (seen_.size() <= remembered) return;
  for (auto at = seen_.begin(); at != seen_.end();) {
    at = now - at->second.last > absent_for ? seen_.erase(at) : std::next(at);
  }
}

}  // namespace tenure::jobs
