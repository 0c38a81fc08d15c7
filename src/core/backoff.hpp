// How long to wait after a failure. The retry delay is doubled while failures go on, up to eight
// times its length. A jitter of 1/2 to 3/2 keeps many clients from coming back in step.
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
