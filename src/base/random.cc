#include "base/random.hpp"

#include <sys/random.h>
#include <unistd.h>

#include "base/clock.hpp"

namespace tenure {

// Two processes must not choose the same lease id. Without the system's randomness the seed is made
// of the process id and the time.
random_choices::random_choices() {
  if (getrandom(&state_, sizeof state_, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof state_)) {
    state_ = static_cast<std::uint64_t>(boot_time()) ^ static_cast<std::uint64_t>(getpid()) << 40U;
  }
}

// SplitMix64 (Steele, Lea, Flood 2014); the bias of the modulo is of no account here.
std::uint64_t random_choices::below(std::uint64_t bound) {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ z >> 30U) * 0xbf58476d1ce4e5b9U;
  z = (z ^ z >> 27U) * 0x94d049bb133111ebU;
  return (z ^ z >> 31U) % bound;
}

}  // namespace tenure
