// Whose certificate ends soon? Told once a day of each, as long as it is so.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace tenure::detail {

class certificate_ends {
 public:
  using seconds = std::chrono::seconds;

  void open(int warn_days) { warn_days_ = warn_days; }
  // `whose` certificate is valid for so long, now that the time is `now` on a clock that does not
  // jump. Returns what to tell; empty: nothing.
  [[nodiscard]] std::string look(const std::string& whose, std::optional<seconds> left,
                                 seconds now);

 private:
  int warn_days_ = 0;
  std::map<std::string, seconds> told_;
};

}  // namespace tenure::detail
