#include "wire/electorate.hpp"

#include "wire/names.hpp"

namespace tenure::wire {

core::election_id electorate::add(const std::string& shard) {
  std::string prefix = names::election(app_, shard);
  if (const auto at = by_prefix_.find(prefix); at != by_prefix_.end()) return at->second;
  if (free_.empty()) {
    free_.reserve(entries_.size() + 1);
    entries_.emplace_back();
    free_.push_back(size() - 1);
  }
  const core::election_id id = free_.back();
  entries_[id].prefix = std::move(prefix);
  by_prefix_.emplace(entries_[id].prefix, id);
  free_.pop_back();
  return id;
}

void electorate::remove(core::election_id id) noexcept {
  by_prefix_.erase(entries_[id].prefix);
  entries_[id] = {};
  free_.push_back(id);
}

electorate::owner electorate::find(std::string_view key) const {
  const names::parts whole = names::split(key);
  std::int64_t lease = whole.lease;
  // A foreign key may lie deeper than candidates' keys do: it is in the queue all the same.
  for (std::string_view prefix = whole.prefix; !prefix.empty(); lease = 0) {
    if (const auto at = by_prefix_.find(prefix); at != by_prefix_.end())
      return {true, at->second, lease};
    const auto slash = prefix.rfind('/');
    if (slash == std::string_view::npos) break;
    prefix = prefix.substr(0, slash);
  }
  return {};
}

}  // namespace tenure::wire
