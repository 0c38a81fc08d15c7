#include "net/poll_set.hpp"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/socket.h>
#include <unistd.h>

#include "test/support/wait.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

struct polled {
  uv_loop_t loop{};
  net::poll_set set;
  int ready = 0;
  int last_fd = -1;
  int last_status = 0;
  bool gone = false;

  polled() {
    cr_assert(eq(int, uv_loop_init(&loop), 0));
    set.open(
        &loop,
        [](void* context, int fd, int status, int) {
          auto* self = static_cast<polled*>(context);
          ++self->ready;
          self->last_fd = fd;
          self->last_status = status;
          char byte;
          if (read(fd, &byte, 1) < 1) self->set.forget(fd);
        },
        [](void* context) { static_cast<polled*>(context)->gone = true; }, this);
  }
  void finish() {
    const bool empty = set.empty();
    set.close_all();
    run_until(&loop, [&] { return set.empty(); });
    cr_assert(gone || empty);
    cr_assert(eq(int, uv_loop_close(&loop), 0));
  }
};

struct pair {
  int ends[2] = {-1, -1};
  pair() { cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0)); }
  ~pair() {
    close(ends[0]);
    close(ends[1]);
  }
  void poke() const { cr_assert(eq(int, int(write(ends[1], "x", 1)), 1)); }
};

}  // namespace

Test(net_poll_set, tells_of_a_watched_descriptor_until_it_is_forgotten) {
  polled p;
  pair sockets;
  cr_assert(eq(int, p.set.watch(sockets.ends[0], UV_READABLE), 0));
  sockets.poke();
  run_until(&p.loop, [&] { return p.ready == 1; });
  p.set.forget(sockets.ends[0]);
  p.set.forget(sockets.ends[0]);
  sockets.poke();
  run_for(&p.loop, 20);
  cr_assert(eq(int, p.ready, 1));
  p.finish();
}

Test(net_poll_set, a_forgotten_descriptor_can_be_watched_again_in_the_same_turn) {
  polled p;
  pair sockets;
  for (int i = 0; i < 100; ++i) {
    cr_assert(eq(int, p.set.watch(sockets.ends[0], UV_READABLE), 0));
    p.set.forget(sockets.ends[0]);
  }
  cr_assert(eq(int, p.set.watch(sockets.ends[0], UV_READABLE), 0));
  sockets.poke();
  run_until(&p.loop, [&] { return p.ready == 1; });
  p.finish();
}

Test(net_poll_set, a_number_that_names_another_socket_now_is_watched_anew) {
  polled p;
  pair first;
  pair second;
  int number = first.ends[0];
  cr_assert(eq(int, p.set.renumbered(number), 0));  // nobody watches it: nothing to do
  cr_assert(p.set.empty());
  cr_assert(eq(int, p.set.watch(number, UV_READABLE), 0));
  uv_run(&p.loop, UV_RUN_NOWAIT);
  cr_assert(eq(int, dup2(second.ends[0], number), number));  // closed and opened without a word
  cr_assert(eq(int, p.set.renumbered(number), 0));
  second.poke();
  run_until(&p.loop, [&] { return p.ready == 1; });
  cr_assert(eq(int, p.last_fd, number));
  p.finish();
}

Test(net_poll_set, may_forget_from_within_what_is_told) {
  polled p;
  pair sockets;
  cr_assert(eq(int, p.set.watch(sockets.ends[0], UV_READABLE), 0));
  shutdown(sockets.ends[1], SHUT_RDWR);
  run_until(&p.loop, [&] { return p.set.empty(); });
  p.finish();
}

Test(net_poll_set, says_what_cannot_be_watched) {
  polled p;
  char path[] = "/tmp/net_poll_set_XXXXXX";
  const int file = mkstemp(path);
  unlink(path);
  cr_assert(ne(int, p.set.watch(file, UV_READABLE), 0));
  cr_assert(p.set.empty());
  close(file);
  p.finish();
}
