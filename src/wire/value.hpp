// The value of a candidate's key: for people, and for other programs that follow an election.
//   waiting: {"Instance":…,"SeekingLeadershipSince":…}
//   leading: {"Instance":…,"LeaderSince":…,"LastSeen":…}
// Times are RFC 3339 with nanoseconds, UTC.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::value {

using time = std::chrono::system_clock::time_point;

[[nodiscard]] std::string rfc3339(time when);
[[nodiscard]] std::string waiting(std::string_view instance, time since);

// The values of a leader's keys at one time, in thousands of elections. They differ in one member.
class leading {
 public:
  leading(std::string_view instance, time last_seen);
  // The value for a leadership that began then; good until the next call.
  [[nodiscard]] std::string_view since(time when);

 private:
  std::string text_;
  std::size_t at_;           // of LeaderSince
  std::int64_t second_ = 0;  // that it shows
};

// `Instance` of a value in this format, empty of any other.
[[nodiscard]] std::string instance_of(std::string_view stored);

}  // namespace tenure::value
