// The clock that every deadline is compared with, and what happens where it cannot be read.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <ctime>

#include "base/clock.hpp"
#include "tenure/session.hpp"

namespace {

bool forbidden = false;  // as a seccomp filter forbids it

}  // namespace

// In the place of libc's, which asks the kernel without a system call where it can.
extern "C" __attribute__((visibility("default"))) int clock_gettime(clockid_t which,
                                                                    timespec* t) noexcept {
  if (forbidden && which == CLOCK_BOOTTIME) {
    errno = EPERM;
    return -1;
  }
  return static_cast<int>(syscall(SYS_clock_gettime, which, t));
}

Test(base_clock, that_cannot_be_read_is_past_every_deadline) {
  const tenure::core::nanos before = tenure::boot_time();
  cr_assert(tenure::boot_time() >= before);
  forbidden = true;
  cr_assert(tenure::boot_time() == tenure::no_clock);
  forbidden = false;
}

Test(base_clock, that_cannot_be_read_opens_no_session) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  tenure::session_options options;
  options.endpoints = {"http://127.0.0.1:2379"};
  options.app = "app";
  options.instance = "one";
  tenure::session s;
  forbidden = true;
  const tenure::error e = s.open(&loop, options);
  forbidden = false;
  cr_assert(e.code == tenure::errc::system);
  cr_assert(e.message.find("CLOCK_BOOTTIME") != std::string::npos);
  cr_assert(eq(int, uv_loop_close(&loop), 0));
}
