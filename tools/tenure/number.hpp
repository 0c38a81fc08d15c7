// Strict reading of numbers: digits and nothing else.
#ifndef TENURE_TOOL_NUMBER_HPP
#define TENURE_TOOL_NUMBER_HPP

#include <cstdint>
#include <string_view>

#include <tenure/error.hpp>

namespace tenure::tool {

// What a flag takes: its unit for people, and its range.
struct number_kind {
  const char* unit;  // e.g. "milliseconds"
  std::int64_t least;
  std::int64_t most;
};

// Reads `value`, given for `flag`, into `out`. The error names flag, value, reason and remedy.
[[nodiscard]] error read_number(std::string_view flag, std::string_view value,
                                const number_kind& kind, std::int64_t& out);

}  // namespace tenure::tool

#endif
