#include "net/sigpipe.hpp"

#include <cerrno>
#include <ctime>

#include <pthread.h>

namespace tenure::net {

namespace {

sigset_t only_sigpipe() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

}  // namespace

sigpipe_guard::sigpipe_guard(bool needed) noexcept {
  if (!needed) return;
  sigset_t pending;
  // Pending already means that the host blocks it: nothing can happen, and it is not ours to take.
  if (sigpending(&pending) != 0 || sigismember(&pending, SIGPIPE) == 1) return;
  const sigset_t set = only_sigpipe();
  blocked_ = pthread_sigmask(SIG_BLOCK, &set, &old_) == 0;
}

sigpipe_guard::~sigpipe_guard() {
  if (!blocked_) return;
  const sigset_t set = only_sigpipe();
  const timespec at_once{0, 0};
  while (sigtimedwait(&set, nullptr, &at_once) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, &old_, nullptr);
}

}  // namespace tenure::net
