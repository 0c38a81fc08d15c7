// The descriptors that curl wants watched, each by a uv_poll_t of its own.
#pragma once

#include <cstddef>
#include <unordered_map>

#include <uv.h>

namespace tenure::net {

// A watch belongs to one generation of a descriptor. When curl forgets the number, its handle is
// stopped at once and closed later. When the number comes back, it gets a new handle.
class poll_set {
 public:
  // The descriptor is ready (libuv's events) or its polling failed (status < 0).
  using ready_fn = void (*)(void* context, int fd, int status, int events);
  // The last handle has been closed after close_all().
  using gone_fn = void (*)(void* context);

  poll_set() = default;
  ~poll_set();
  poll_set(const poll_set&) = delete;
  poll_set& operator=(const poll_set&) = delete;

  void open(uv_loop_t* loop, ready_fn ready, gone_fn gone, void* context);
  // Watches `fd` for `events` from now on, new or changed. Returns libuv's error code.
  [[nodiscard]] int watch(int fd, int events);
  void forget(int fd);
  // `fd` has just been given to a new socket. If an old one of that number is still watched, curl
  // closed it without telling: 7.88 does so with an attempt to connect that failed. If the new one
  // wants the same events, curl does not tell of it either. So it gets a new watch for the same
  // events as the old one.
  [[nodiscard]] int renumbered(int fd);
  void close_all();
  [[nodiscard]] bool empty() const { return handles_ == 0; }

 private:
  struct watched;
  void drop(watched* w);

  uv_loop_t* loop_ = nullptr;
  ready_fn ready_ = nullptr;
  gone_fn gone_ = nullptr;
  void* context_ = nullptr;
  std::unordered_map<int, watched*> by_fd_;
  std::size_t handles_ = 0;  // also those whose close callback has not come yet
  bool closing_ = false;
};

}  // namespace tenure::net
