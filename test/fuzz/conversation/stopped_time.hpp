// Time stands still until the target moves it, and the system's random numbers are always the same:
// for this program and for libuv and libcurl in it. So an input means the same each time, and a
// conversation of ten seconds takes a millisecond. For one file of a program.
#pragma once

#include <cstdint>
#include <ctime>

#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace fuzz {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t second = 1'000 * millisecond;

inline std::int64_t now = 1'000 * second;
inline std::uint64_t drawn = 0;  // of the system's random numbers

}  // namespace fuzz

// The wall clock goes on: libFuzzer lives by it.
extern "C" int clock_gettime(clockid_t which, timespec* out) noexcept {
  if (which == CLOCK_REALTIME || which == CLOCK_PROCESS_CPUTIME_ID ||
      which == CLOCK_THREAD_CPUTIME_ID)
    return static_cast<int>(syscall(SYS_clock_gettime, which, out));
  out->tv_sec = fuzz::now / fuzz::second;
  out->tv_nsec = fuzz::now % fuzz::second;
  return 0;
}

extern "C" ssize_t getrandom(void* out, std::size_t size, unsigned) {
  for (std::size_t i = 0; i < size; ++i) {
    fuzz::drawn = fuzz::drawn * 6364136223846793005U + 1442695040888963407U;
    static_cast<unsigned char*>(out)[i] = static_cast<unsigned char>(fuzz::drawn >> 56U);
  }
  return static_cast<ssize_t>(size);
}
