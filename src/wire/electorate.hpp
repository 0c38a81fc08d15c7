// The elections of a session, by the number that the core knows and by the name that etcd knows.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/event.hpp"
#include "wire/value.hpp"

namespace tenure::wire {

class electorate {
 public:
  explicit electorate(std::string app) : app_(std::move(app)) {}

  core::election_id add(const std::string& shard);  // or the one that is there
  // Its number is free for another one.
  void remove(core::election_id id) noexcept;
  [[nodiscard]] core::election_id size() const {
    return static_cast<core::election_id>(entries_.size());
  }

  // APP/[SHARD/]leader
  [[nodiscard]] const std::string& prefix(core::election_id id) const {
    return entries_[id].prefix;
  }
  // All keys of all elections of the application start with this.
  [[nodiscard]] std::string watched_prefix() const { return app_ + "/"; }

  // Since when we lead there, or led last. The value of the leader's key says it.
  [[nodiscard]] value::time leader_since(core::election_id id) const {
    return entries_[id].leader_since;
  }
  void set_leader_since(core::election_id id, value::time when) {
    entries_[id].leader_since = when;
  }

  // Which election a key belongs to, and whose it is by its name: its lease, or 0.
  struct owner {
    bool known = false;
    core::election_id election = 0;
    std::int64_t lease = 0;
  };
  [[nodiscard]] owner find(std::string_view key) const;

 private:
  struct entry {
    std::string prefix;
    value::time leader_since;
  };

  std::string app_;
  std::deque<entry> entries_;
  std::vector<core::election_id> free_;                                // has room for all of them
  std::unordered_map<std::string_view, core::election_id> by_prefix_;  // views into the entries
};

}  // namespace tenure::wire
