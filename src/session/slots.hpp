// Who in this process has to do with each election, and which elections nobody has to do with.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "core/event.hpp"
#include "session/client.hpp"
#include "tenure/candidate.hpp"

namespace tenure::detail {

// Who leads, for those who do not. It is only made where it is used: one may lead in thousands of
// elections.
struct outlook {
  std::vector<std::shared_ptr<client>> observers;
  bool leader_known = false;
  leader_info leader;  // as it was told last
};

struct slot {
  std::shared_ptr<contender> candidate;
  std::unique_ptr<outlook> seen;
  bool left = false;                // it is in the list of those that somebody left
  core::election_id left_next = 0;  // after it, if it is not the last

  outlook& see() {
    if (seen == nullptr) seen = std::make_unique<outlook>();
    return *seen;
  }
  [[nodiscard]] bool vacant() const {
    return candidate == nullptr && (seen == nullptr || seen->observers.empty());
  }
};

class slots {
 public:
  slot& operator[](core::election_id id) {
    if (id >= all_.size()) all_.resize(id + 1);
    return all_[id];
  }
  [[nodiscard]] core::election_id size() const {
    return static_cast<core::election_id>(all_.size());
  }

  // Somebody has left it, or did not come. Takes no memory.
  void leave(core::election_id id) {
    slot& s = (*this)[id];
    if (s.left) return;
    s.left = true;
    if (left_count_++ == 0) {
      left_first_ = id;
    } else {
      all_[left_last_].left_next = id;
    }
    left_last_ = id;
  }
  [[nodiscard]] std::size_t left_count() const { return left_count_; }
  // The one that was left first; it is off the list.
  core::election_id take_left() {
    const core::election_id id = left_first_;
    all_[id].left = false;
    left_first_ = all_[id].left_next;
    --left_count_;
    return id;
  }

 private:
  std::deque<slot> all_;
  std::size_t left_count_ = 0;
  core::election_id left_first_ = 0;
  core::election_id left_last_ = 0;
};

}  // namespace tenure::detail
