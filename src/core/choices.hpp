// Where the core's few free choices come from: lease ids, jitter, the first endpoint. In the
// library that is a random generator. In the simulation it is a seed, an enumerator, or a fuzzer's
// bytes.
#pragma once

#include <cstdint>

namespace tenure::core {

class choices {
 public:
  // A number from 0 to bound - 1; bound > 0.
  virtual std::uint64_t below(std::uint64_t bound) = 0;

 protected:
  ~choices() = default;
};

}  // namespace tenure::core
