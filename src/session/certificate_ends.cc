#include "session/certificate_ends.hpp"

namespace tenure::detail {

namespace {

constexpr std::chrono::hours day(24);

}  // namespace

std::string certificate_ends::look(const std::string& whose, std::optional<seconds> left,
                                   seconds now) {
  if (!left || *left >= warn_days_ * day) {
    told_.erase(whose);  // it was renewed: the next one counts anew
    return {};
  }
  const auto [at, first] = told_.emplace(whose, now);
  if (!first && now - at->second < day) return {};
  at->second = now;
  if (left->count() < 0) return whose + " has ended: renew it";
  const long long days = *left / day;
  return whose + " ends in " +
         (days == 1  ? "a day"
          : days > 1 ? std::to_string(days) + " days"
                     : "less than a day") +
         ": renew it";
}

}  // namespace tenure::detail
