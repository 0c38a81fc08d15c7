// Who in this process has to do with each election.
#pragma once

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
  std::shared_ptr<client> candidate;
  std::unique_ptr<outlook> seen;

  outlook& see() {
    if (seen == nullptr) seen = std::make_unique<outlook>();
    return *seen;
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

 private:
  std::deque<slot> all_;
};

}  // namespace tenure::detail
