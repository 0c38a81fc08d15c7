#include "test/support/wait.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <set>

namespace tenure::test {
namespace {

using clock = std::chrono::steady_clock;

constexpr int tick_ms = 10;

class guard {
 public:
  guard(int seconds, const char* file, int line)
      : seconds_(seconds * slowness()),
        end_(clock::now() + std::chrono::seconds(seconds_)),
        file_(file),
        line_(line) {}

  void check() const {
    if (clock::now() >= end_)
      give_up("waited " + std::to_string(seconds_) + " s in vain", file_, line_);
  }

 private:
  int seconds_;
  clock::time_point end_;
  const char* file_;
  int line_;
};

// Wakes the loop now and then, so that a turn always ends.
class ticker {
 public:
  explicit ticker(uv_loop_t* loop) : loop_(loop) {
    uv_timer_init(loop, &timer_);
    uv_timer_start(
        &timer_, [](uv_timer_t*) {}, tick_ms, tick_ms);
    timer_.data = this;
  }
  ticker(const ticker&) = delete;
  ticker& operator=(const ticker&) = delete;
  ~ticker() {
    uv_close(reinterpret_cast<uv_handle_t*>(&timer_),
             [](uv_handle_t* handle) { static_cast<ticker*>(handle->data)->closed_ = true; });
    while (!closed_) uv_run(loop_, UV_RUN_NOWAIT);
  }

 private:
  uv_loop_t* loop_;
  uv_timer_t timer_{};
  bool closed_ = false;
};

bool can_bind(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) give_up(std::string("socket: ") + std::strerror(errno));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return bound;
}

}  // namespace

int slowness() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 10;
#else
  const char* const preloaded = std::getenv("LD_PRELOAD");
  return preloaded != nullptr && std::strstr(preloaded, "vgpreload") != nullptr ? 10 : 1;
#endif
}

void run_until(uv_loop_t* loop, const condition& holds, int guard_seconds, const char* file,
               int line) {
  const guard limit(guard_seconds, file, line);
  const ticker wakes(loop);
  while (!holds()) {
    limit.check();
    uv_run(loop, UV_RUN_ONCE);
  }
}

void run_for(uv_loop_t* loop, int milliseconds) {
  const auto end = clock::now() + std::chrono::milliseconds(milliseconds);
  const ticker wakes(loop);
  while (clock::now() < end) uv_run(loop, UV_RUN_ONCE);
}

void await(const condition& holds, int guard_seconds, const char* file, int line) {
  const guard limit(guard_seconds, file, line);
  while (!holds()) {
    limit.check();
    poll(nullptr, 0, tick_ms);
  }
}

std::uint16_t free_port() {
  static std::set<std::uint16_t> given;
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<std::uint16_t> any(15000, 32000);
  for (int tries = 0; tries < 1000; ++tries) {
    const std::uint16_t port = any(random);
    if (can_bind(port) && given.insert(port).second) return port;
  }
  give_up("no free port on 127.0.0.1");
}

void give_up(const std::string& why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: %s\n", file, line, why.c_str());
  std::abort();
}

}  // namespace tenure::test
