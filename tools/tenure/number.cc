#include "number.hpp"

#include <charconv>
#include <string>
#include <system_error>

namespace tenure::tool {

error read_number(std::string_view flag, std::string_view value, const number_kind& kind,
                  std::int64_t& out) {
  const char* const end = value.data() + value.size();
  std::int64_t number = 0;
  const auto [stopped_at, status] = std::from_chars(value.data(), end, number);

  std::string reason;
  if (value.empty()) {
    reason = "is empty";
  } else if (status == std::errc::invalid_argument || stopped_at != end) {
    reason = "is not a whole number";
  } else if (status == std::errc::result_out_of_range || number < kind.least ||
             number > kind.most || value.front() == '-') {  // "-0"
    reason = "is out of range";
  } else {
    out = number;
    return {};
  }
  return {errc::invalid_argument, "--" + std::string(flag) + " '" + std::string(value) + "' " +
                                      reason + ": give " + kind.unit + " as a whole number from " +
                                      std::to_string(kind.least) + " to " +
                                      std::to_string(kind.most)};
}

}  // namespace tenure::tool
