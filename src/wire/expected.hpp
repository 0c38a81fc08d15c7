// What is remembered of a request to understand its answer, and to see whether it can be one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/action.hpp"

namespace tenure::wire {

// How many keys of a queue are read at once; the rest is read when these are gone.
inline constexpr std::int64_t queue_limit = 32;

struct expected {
  expected() = default;
  explicit expected(const core::send& s, std::string_view next_key = {});

  core::op what = core::op::confirm;
  bool together = false;
  std::uint32_t endpoint = 0;
  std::int64_t lease = 0;
  core::nanos ttl = 0;
  std::int64_t revision = 0;  // read_all: these three
  std::uint32_t limit = 0;
  std::string next_key;
  std::vector<core::item> items;
};

}  // namespace tenure::wire
