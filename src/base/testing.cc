#include "base/testing.hpp"

namespace tenure::detail {

test_switches& switches() noexcept {
  static test_switches the;
  return the;
}

}  // namespace tenure::detail
