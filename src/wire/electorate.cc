#include "wire/electorate.hpp"

#include "wire/names.hpp"

namespace tenure::wire {

core::election_id electorate::add(const std::string& shard) {
  std::string prefix = names::election(app_, shard);
  if (const auto at = by_prefix_.find(prefix); at != by_prefix_.end()) return at->second;
  const auto id = size();
  entries_.emplace_back().prefix = std::move(prefix);
  by_prefix_.emplace(entries_.back().prefix, id);
  return id;
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
