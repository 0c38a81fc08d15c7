#include "core/election.hpp"

namespace tenure::core {

namespace {

// A member that stood still may execute what it had received whenever it wakes: how long that is
// looked for.
constexpr nanos longest_doubt = 3600 * second;

}  // namespace

void doubt::begin(nanos until) {
  if (until == 0) return;
  until_ = std::max(until_, until);
  unlikely_ = false;
}

void doubt::suspect(nanos now) {
  if (any()) return;
  until_ = now;
  unlikely_ = true;
}

void doubt::nothing_found(nanos now, nanos request_timeout) {
  pause_ = std::max(2 * request_timeout, 2 * pause_);
  until_ = pause_ <= longest_doubt ? now + pause_ : 0;
}

bool leader_view::take(const rival& first) {
  const bool another = !known || revision != first.create_revision;
  known = true;
  revision = first.create_revision;
  lease = first.lease;
  return another;
}

bool leader_view::concerned(const change& by) const {
  if (!observed) return false;
  return by.deleted ? by.lease == 0 || by.lease == lease : revision == 0;
}

election& elections::of(election_id id) {
  if (id >= all_.size()) {
    counts_[static_cast<std::size_t>(standing::idle)] += id + 1 - all_.size();
    all_.resize(id + 1);
  }
  return all_[id];
}

void elections::enter(election& e, standing next) {
  --counts_[static_cast<std::size_t>(e.state)];
  ++counts_[static_cast<std::size_t>(next)];
  e.state = next;
  placed(e);
}

void elections::placed(election& e) {
  const bool near = e.state == standing::queued && e.queue.front().size() <= 1;
  if (near == e.near) return;
  e.near = near;
  near_ = near ? near_ + 1 : near_ - 1;
}

}  // namespace tenure::core
