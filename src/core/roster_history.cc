// As of which revision the queues are known, and what becomes of them when changes were missed.
#include <algorithm>

#include "core/roster.hpp"

namespace tenure::core {

void roster::events_lost(std::int64_t before) {
  lost_until_ = std::max(lost_until_, before);
  for (election_id id = 0; id < all_.size(); ++id) {
    election& e = all_[id];
    if (e.state == standing::queued) {
      read_anew(id);
    } else if (e.state == standing::leading) {
      batches_.add(op::reassure, id, e);
    }
    if (e.leader.observed) leader_moved(id, before - 1);
  }
}

// Who is unsure reads anyway, and who stands has no queue yet: `listens_from` binds both. The
// leader's word of an observed election comes from the watch alone.
std::int64_t roster::read_as_of(std::int64_t newest) const {
  if (observed_ != 0) return 0;
  for (election_id id = 0; id < all_.size(); ++id) {
    const election& e = all_[id];
    const bool listens =
        e.state == standing::leading || (e.state == standing::queued && e.queue.sure());
    if (listens) newest = std::min(newest, e.queue.revision());
  }
  return newest;
}

void roster::history_went_back() {
  lost_until_ = 0;
  for (election_id id = 0; id < all_.size(); ++id) {
    election& e = all_[id];
    e.leader.moved_at = 0;
    if (e.leader.observed) batches_.add(op::read_leader, id, e);
  }
}

}  // namespace tenure::core
