// The elections that a session has to do with: their names, and what is known of them besides
// what the core decides on.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event.hpp"
#include "session/client.hpp"
#include "tenure/candidate.hpp"
#include "wire/value.hpp"

namespace tenure::detail {

// What those need who do not lead: only made where it is used, as one may lead in thousands of
// elections.
struct outlook {
  std::vector<std::shared_ptr<client>> observers;
  bool leader_known = false;
  leader_info leader;  // as last read
};

struct slot {
  std::string prefix;  // APP/[SHARD/]leader
  std::shared_ptr<client> candidate;
  value::time seeking_since;
  value::time leader_since;
  std::unique_ptr<outlook> seen;

  outlook& see() {
    if (seen == nullptr) seen = std::make_unique<outlook>();
    return *seen;
  }
};

class electorate {
 public:
  explicit electorate(std::string app) : app_(std::move(app)) {}

  core::election_id add(const std::string& shard);  // or the one that is there
  slot& operator[](core::election_id id) { return slots_[id]; }
  [[nodiscard]] core::election_id size() const {
    return static_cast<core::election_id>(slots_.size());
  }

  // All keys of all elections of the application start with this.
  [[nodiscard]] std::string watched_prefix() const { return app_ + "/"; }

  // Which election a key belongs to, and whose it is by its name: its lease, or 0.
  struct owner {
    bool known = false;
    core::election_id election = 0;
    std::int64_t lease = 0;
  };
  [[nodiscard]] owner find(std::string_view key) const;

 private:
  std::string app_;
  std::deque<slot> slots_;
  std::unordered_map<std::string_view, core::election_id> by_prefix_;  // views into the slots
};

}  // namespace tenure::detail
