// An observer follows who leads an election. It does not stand in it: it has no lease and no key.
#ifndef TENURE_OBSERVER_HPP
#define TENURE_OBSERVER_HPP

#include <functional>
#include <memory>
#include <string>

#include <tenure/candidate.hpp>
#include <tenure/error.hpp>
#include <tenure/export.hpp>
#include <tenure/session.hpp>

namespace tenure {

namespace detail {
class observer_impl;
}

struct observer_events {
  // The present leader, then every change. `!info`: nobody leads. After a disconnection the
  // present state is told; what was missed is not replayed.
  std::function<void(const leader_info&)> leader;
  // Something failed and is tried again. What was told last may be stale until the next `leader`.
  std::function<void(const error&)> trouble;
};

class TENURE_API observer {
 public:
  observer() noexcept = default;
  observer(observer&& other) noexcept;
  observer& operator=(observer&& other) noexcept;
  ~observer();

  // Follows APP/SHARD/leader, or APP/leader if `shard` is empty. An election may have any number of
  // observers. Errors: invalid_argument, wrong_state if it is in use, closed, no_memory.
  [[nodiscard]] error follow(session& session, const std::string& shard, observer_events events);

  bool close(std::function<void()> closed = {});

 private:
  std::shared_ptr<detail::observer_impl> impl_;
};

}  // namespace tenure

#endif
