// The rules of a revision, a key and a range, which answers of several kinds have in common. Each
// says in `why` what cannot be, if it is false.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/response.hpp"

namespace tenure::wire {

// False, and says why.
inline bool no(std::string& why, const char* what) {
  why = what;
  return false;
}

[[nodiscard]] bool is_revision(std::int64_t r);
[[nodiscard]] bool header_holds(const etcd::header& h, std::string& why);
// As of `revision`.
[[nodiscard]] bool key_holds(const etcd::key_value& kv, std::int64_t revision, std::string& why);

// A range as an answer tells of it, and as it was asked for.
struct told_range {
  const std::vector<etcd::key_value>& kvs;
  std::int64_t count;
  bool more;
};
template <class Range>
told_range told(const Range& r) {
  return {r.kvs, r.count, r.more};
}
struct asked_range {
  std::string_view from;
  std::string_view below;  // all keys begin with this
  std::int64_t limit = 0;
  bool by_age = true;  // else by name
  bool keys_only = true;
  std::int64_t revision = 0;
};
[[nodiscard]] bool range_holds(const told_range& r, const asked_range& a, std::string& why);
// A read of one key.
[[nodiscard]] bool single_holds(const told_range& r, std::string_view key, std::int64_t revision,
                                std::string& why);

}  // namespace tenure::wire
