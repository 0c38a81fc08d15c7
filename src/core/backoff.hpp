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

// When something may be done that was done before, though nothing has failed: at once the first
// time, then after a pause that grows, until there was calm for a while. Nothing that an answer or
// a message can bring about repeats without one of these two.
class pace {
 public:
  // It has to be done again. Returns the moment from which it may be.
  nanos again(nanos now, nanos retry_delay, choices& choose);
  [[nodiscard]] nanos until() const { return pause_.until(); }

 private:
  backoff pause_;
  nanos calm_from_ = 0;
};

}  // namespace tenure::core
