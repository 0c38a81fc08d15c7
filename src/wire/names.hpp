// The names of elections and keys: Go's layout, PREFIX/<lease id in lower-case hex>.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tenure/error.hpp"

namespace tenure::names {

// Each checks one name; the error says which, why, and what is allowed.
[[nodiscard]] error check_app(const std::string& app);
[[nodiscard]] error check_shard(const std::string& shard);  // empty is allowed
[[nodiscard]] error check_instance(const std::string& instance);

// APP/leader or APP/SHARD/leader.
[[nodiscard]] std::string election(std::string_view app, std::string_view shard);
// PREFIX/<lease>.
[[nodiscard]] std::string key(std::string_view prefix, std::int64_t lease);

// The lease that a key's last part names. 0 if Go would not write it so: lower case, no leading
// zero. So such keys are never mistaken for a lease's.
[[nodiscard]] std::int64_t lease(std::string_view name);

// Splits a key at its last "/": the election's prefix and the lease.
struct parts {
  std::string_view prefix;
  std::int64_t lease = 0;
};
[[nodiscard]] parts split(std::string_view key);

}  // namespace tenure::names
