// Small helpers for what is written: times, and strings that came from elsewhere.
#ifndef TENURE_TOOL_TEXT_HPP
#define TENURE_TOOL_TEXT_HPP

#include <time.h>

#include <string>
#include <string_view>

namespace tenure::tool {

// RFC 3339 with nanoseconds, UTC.
[[nodiscard]] std::string rfc3339(const timespec& time);

// `bytes` with whatever is not UTF-8 replaced by U+FFFD: anybody can write a key's value.
[[nodiscard]] std::string valid_utf8(std::string_view bytes);

// For a line of text on a terminal. One plain word stays as it is. Anything else becomes a JSON
// string without control characters.
[[nodiscard]] std::string one_word(std::string_view bytes);

}  // namespace tenure::tool

#endif
