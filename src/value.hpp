// The value of a candidate's key: for people, and for other programs that follow an election.
//   waiting: {"Instance":…,"SeekingLeadershipSince":…}
//   leading: {"Instance":…,"LeaderSince":…,"LastSeen":…}
// Times are RFC 3339 with nanoseconds, UTC.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace tenure::value {

using time = std::chrono::system_clock::time_point;

[[nodiscard]] std::string rfc3339(time when);
[[nodiscard]] std::string waiting(std::string_view instance, time since);
[[nodiscard]] std::string leading(std::string_view instance, time since, time last_seen);
// `Instance` of a value in this format, empty of any other.
[[nodiscard]] std::string instance_of(std::string_view stored);

}  // namespace tenure::value
