// Which endpoint to ask: the one that answered last, else the next that is not resting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/choices.hpp"
#include "core/time.hpp"

namespace tenure::core {

using endpoint_set = std::uint64_t;  // a bit per endpoint
inline constexpr std::size_t max_endpoints = 64;

class endpoints {
 public:
  endpoints(std::size_t count, choices& choose);

  // The best endpoint that is not in `tried`. Resting ones come last. Empty: all were tried.
  [[nodiscard]] std::optional<std::uint32_t> pick(nanos now, endpoint_set tried) const;
  void succeeded(std::uint32_t endpoint);
  // It answers, but is not preferred for that.
  void rested(std::uint32_t endpoint) { list_[endpoint] = {}; }
  // It rests for `pause`, doubled up to sixteen times while it goes on failing.
  void failed(std::uint32_t endpoint, nanos now, nanos pause);
  [[nodiscard]] bool resting(std::uint32_t endpoint, nanos now) const {
    return list_[endpoint].rests_until > now;
  }
  [[nodiscard]] std::size_t size() const { return list_.size(); }
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  struct endpoint {
    nanos rests_until = 0;
    int failures = 0;
  };
  std::vector<endpoint> list_;
  std::uint32_t preferred_ = 0;
  std::uint64_t changes_ = 0;
};

}  // namespace tenure::core
