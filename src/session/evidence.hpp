// What speaks for and against the lease, in words: for those who lose a leadership.
#pragma once

#include <memory>
#include <string>

#include "core/machine.hpp"
#include "core/time.hpp"

namespace tenure::detail {

class evidence {
 public:
  // A request failed everywhere.
  void add_trouble(core::nanos when, const std::string& what);
  // As of now. Put into words once a turn at most: thousands may lose at once.
  [[nodiscard]] std::shared_ptr<const std::string> text(core::nanos now, const core::counters& c);

 private:
  std::shared_ptr<const std::string> text_;
  core::nanos put_at_ = 0;  // when that was put into words
  std::string last_trouble_;
  core::nanos trouble_at_ = 0;  // 0: never
};

}  // namespace tenure::detail
