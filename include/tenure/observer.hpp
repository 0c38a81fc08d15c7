// An observer follows who leads an election, without standing in it: no lease, no key.
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
  // The present leader, then every change; `!info` when nobody leads. What was missed while
  // disconnected is not replayed, the present state is told.
  std::function<void(const leader_info&)> leader;
  // Something failed and is tried again; what was told last may be stale until the next `leader`.
  std::function<void(const error&)> trouble;
};

class TENURE_API observer {
 public:
  observer() noexcept = default;
  observer(observer&& other) noexcept;
  observer& operator=(observer&& other) noexcept;
  ~observer();

  // Follows APP/SHARD/leader, or APP/leader if `shard` is empty. Any number per election.
  // Errors: invalid_argument, wrong_state if it is in use, closed, no_memory.
  [[nodiscard]] error follow(session& session, const std::string& shard, observer_events events);

  bool close(std::function<void()> closed = {});

 private:
  std::shared_ptr<detail::observer_impl> impl_;
};

}  // namespace tenure

#endif
