// One direction of a connection through a test::proxy: reads here, writes there, as the traffic
// says at that moment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include <uv.h>

#include "test/support/proxy.hpp"

namespace tenure::test {

inline uv_stream_t* stream_of(uv_tcp_t* tcp) { return reinterpret_cast<uv_stream_t*>(tcp); }
template <class Handle>
uv_handle_t* handle_of(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

class pump {
 public:
  struct owner {
    std::function<void()> ended;   // the end was passed on
    std::function<void()> failed;  // the side that is read from is gone
  };

  // `behaviour` is looked at again and again.
  pump(uv_loop_t* loop, const traffic& behaviour, owner told);

  void connect(uv_tcp_t* from, uv_tcp_t* into);
  void update();  // after a change of the behaviour
  // Before both sides are closed. The pump must live until `closed` was called.
  void close(void* data, uv_close_cb closed);

 private:
  struct chunk {
    std::uint64_t due;
    std::string bytes;  // empty: the end
  };
  struct write_request {
    uv_write_t request{};
    std::string bytes;
    pump* on = nullptr;
  };

  void deliver();
  void send(std::string bytes);
  void shut();
  void read_if_wanted();
  void wait_until(std::uint64_t due);
  static void on_read(uv_stream_t* stream, ssize_t got, const uv_buf_t* buf);

  const traffic& behaviour_;
  owner owner_;
  uv_tcp_t* from_ = nullptr;
  uv_tcp_t* into_ = nullptr;
  uv_timer_t timer_{};
  std::deque<chunk> held_;
  std::size_t held_bytes_ = 0;
  std::uint64_t free_at_ = 0;  // when the throttle lets the next bytes go
  bool reading_ = false;
  bool ended_ = false;
  bool closing_ = false;
};

}  // namespace tenure::test
