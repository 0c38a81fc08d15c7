// Which endpoint to ask: the one that answered last, else the next that is not resting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/choices.hpp"
#include "core/event.hpp"
#include "core/time.hpp"

namespace tenure::core {

class endpoints {
 public:
  endpoints(std::size_t count, choices& choose);

  // The best endpoint that is not in `tried`. Those that rest come last. Empty: all were tried.
  [[nodiscard]] std::optional<std::uint32_t> pick(nanos now, endpoint_set tried) const;
  // From now on there are these; of the fresh ones nothing is known.
  void changed(const endpoints_changed& e, choices& choose);
  void succeeded(std::uint32_t endpoint);
  // It answers. But others are still asked first.
  void rested(std::uint32_t endpoint) { list_[endpoint] = {}; }
  // It rests for `pause`. While it goes on failing, the pause is doubled, up to 16 times its
  // length.
  void failed(std::uint32_t endpoint, nanos now, nanos pause);
  [[nodiscard]] bool resting(std::uint32_t endpoint, nanos now) const {
    return list_[endpoint].rests_until > now;
  }
  // Those that there are.
  [[nodiscard]] endpoint_set live() const { return live_; }
  [[nodiscard]] bool has(std::uint32_t endpoint) const { return (live_ >> endpoint & 1U) != 0; }
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

 private:
  struct endpoint {
    nanos rests_until = 0;
    int failures = 0;
  };
  std::vector<endpoint> list_;
  endpoint_set live_;
  std::uint32_t preferred_ = 0;
  bool by_chance_ = true;  // no answer made it the preferred one
  std::uint64_t changes_ = 0;
};

}  // namespace tenure::core
