// Memory that runs out when a test says so: one allocation of C++ code fails, on this thread.
#pragma once

#include <cstddef>

namespace tenure::test {

class failing_memory {
 public:
  // The n-th allocation from here on fails, counted from 0; those after it succeed again.
  explicit failing_memory(std::size_t n) noexcept;
  failing_memory(const failing_memory&) = delete;
  failing_memory& operator=(const failing_memory&) = delete;
  ~failing_memory();  // nothing fails any more

  [[nodiscard]] bool failed() const noexcept;
};

}  // namespace tenure::test
