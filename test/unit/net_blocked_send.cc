// The kernel does not take the first bytes of a request at once: curl sends it a moment later, and
// does not count it as sent.
#include <dlfcn.h>
#include <sys/socket.h>

#include <cerrno>

#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

int refused_sends = 0;  // so many calls of send() from now on

}  // namespace

// In the place of libc's, for libcurl too.
extern "C" __attribute__((visibility("default"))) ssize_t send(int fd, const void* bytes,
                                                               size_t count, int flags) {
  static const auto real =
      reinterpret_cast<ssize_t (*)(int, const void*, size_t, int)>(dlsym(RTLD_NEXT, "send"));
  if (refused_sends > 0) {
    --refused_sends;
    errno = EAGAIN;
    return -1;
  }
  return real(fd, bytes, count, flags);
}

Test(net_blocked_send, is_not_taken_for_a_request_that_was_never_sent) {
  for (const std::size_t size : {2u, 100000u}) {
    for (const bool listener_gone : {false, true}) {
      world w;
      w.answer_all();
      w.open();
      w.ask();
      w.server->on_request = [&](peer& p, const http_request&) {
        if (listener_gone) w.server->refuse();
        p.close();
        w.answer_all();
      };
      refused_sends = 1;
      net::reply r = w.ask(std::string(size, 'x'));
      cr_assert(zero(int, +refused_sends));
      cr_assert(eq(type(delivery), r.delivery, delivery::broken), "%zu: %s", size,
                r.failure.c_str());
      cr_assert(eq(sz, w.server->requests().size(), 2), "sent twice");
      w.finish();
    }
  }
}
