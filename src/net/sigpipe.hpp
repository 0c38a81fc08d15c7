// Keeps SIGPIPE from ending the host while curl writes to a dead TLS connection.
#pragma once

#include <csignal>

namespace tenure::net {

// curl's own sockets send with MSG_NOSIGNAL, but OpenSSL writes without it, and the host may have
// left SIGPIPE at SIG_DFL. Its handlers are its own, so for the length of one call into curl the
// signal is blocked in this thread (a write raises it in the writing thread only) and one that
// arose is taken. A SIGPIPE that was pending before stays pending.
class sigpipe_guard {
 public:
  explicit sigpipe_guard(bool needed) noexcept;
  ~sigpipe_guard();
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;

 private:
  bool blocked_ = false;
  sigset_t old_;
};

}  // namespace tenure::net
