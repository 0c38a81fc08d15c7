// The host has SIGPIPE at its default. No write of ours ends it, and its settings stay.
#include "test/unit/net_world.hpp"

#include <csignal>

#include <unistd.h>

#include "net/sigpipe.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

void write_to_nobody() {
  int ends[2];
  cr_assert(eq(int, pipe(ends), 0));
  close(ends[0]);
  cr_assert(eq(int, int(write(ends[1], "x", 1)), -1));
  close(ends[1]);
}

bool blocked() {
  sigset_t now;
  pthread_sigmask(SIG_BLOCK, nullptr, &now);
  return sigismember(&now, SIGPIPE) == 1;
}

bool pending() {
  sigset_t now;
  sigpending(&now);
  return sigismember(&now, SIGPIPE) == 1;
}

}  // namespace

Test(net_sigpipe, does_not_end_the_process_within_the_guard) {
  signal(SIGPIPE, SIG_DFL);
  {
    const net::sigpipe_guard guard(true);
    write_to_nobody();
    cr_assert(pending());
  }
  cr_assert(not(pending()));
  cr_assert(not(blocked()));
}

Test(net_sigpipe, ends_it_where_no_guard_is_asked_for, .signal = SIGPIPE) {
  signal(SIGPIPE, SIG_DFL);
  const net::sigpipe_guard guard(false);
  write_to_nobody();
}

Test(net_sigpipe, of_the_host_that_is_pending_stays_pending) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  raise(SIGPIPE);
  {
    const net::sigpipe_guard guard(true);
    write_to_nobody();
  }
  cr_assert(pending());
  cr_assert(blocked());
}

Test(net_sigpipe, blocked_by_the_host_stays_blocked) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  {
    const net::sigpipe_guard guard(true);
    write_to_nobody();
  }
  cr_assert(not(pending()));
  cr_assert(blocked());
}

Test(net_sigpipe, is_not_raised_by_plain_connections_that_die_under_a_request) {
  world w;
  w.server->on_connect = [](peer& p) { p.stop_reading(); };
  signal(SIGPIPE, SIG_DFL);  // the server only resets from here on, which writes nothing
  w.open();
  w.open_stream(1, true);
  w.send(1, std::string(8 << 20, 'x'));  // more than the sockets hold
  w.until([&] { return w.server->accepted() == 2; });
  for (int i = 0; i < 20; ++i) uv_run(&w.loop, UV_RUN_NOWAIT);
  w.server->drop_all();
  for (int i = 0; i < 5; ++i) w.carrier->write_stream(1, "more");
  w.until([&] { return w.heard.replies.size() == 1 && w.heard.ends.size() == 1; });
  cr_assert(eq(type(delivery), w.heard.replies[0].reply.delivery, delivery::broken));
  struct sigaction now {};
  sigaction(SIGPIPE, nullptr, &now);
  cr_assert(now.sa_handler == SIG_DFL);
  w.finish();
}
