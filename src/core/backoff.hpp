// How long to wait after a failure: the retry delay, doubled up to eight times while failures
// go on, times a jitter of 1/2 to 3/2 so that many clients do not come back in step.
#pragma once

#include "core/choices.hpp"
#include "core/time.hpp"

namespace tenure::core {

class backoff {
 public:
  // The moment of the next try.
  nanos failed(nanos now, nanos retry_delay, choices& choose);
  void succeeded() {
    failures_ = 0;
    until_ = 0;
  }
  // Nothing may be tried before this moment.
  [[nodiscard]] nanos until() const { return until_; }

 private:
  int failures_ = 0;
  nanos until_ = 0;
};

}  // namespace tenure::core
