// A TCP proxy on the test's own loop whose traffic goes wrong as the test says, each direction by
// itself and at any time: delayed, throttled, swallowed without a word, reset.
//
// Swallowed means what a network without a reset does: nothing comes through and nothing is said;
// connections stay open, new ones are taken and lead nowhere. What was sent meanwhile arrives when
// the traffic flows again, as TCP's own repetitions would have it.
#pragma once

#include <cstddef>
#include <string>

#include <uv.h>

namespace tenure::test {

// How one direction behaves.
struct traffic {
  enum class mode : unsigned char { pass, drop, reset };

  mode how = mode::pass;
  int delay_ms = 0;                  // what is read later than this line is late by so much
  std::size_t bytes_per_second = 0;  // 0: as fast as it goes

  [[nodiscard]] static traffic pass() { return {}; }
  [[nodiscard]] static traffic drop() { return {mode::drop, 0, 0}; }
  // Every connection is reset, those that are open and each new one.
  [[nodiscard]] static traffic reset() { return {mode::reset, 0, 0}; }
  [[nodiscard]] static traffic delayed(int ms) { return {mode::pass, ms, 0}; }
  [[nodiscard]] static traffic throttled(std::size_t bytes_per_second) {
    return {mode::pass, 0, bytes_per_second};
  }
};

class proxy {
 public:
  // From a free port of `listen_on`, or from `port`, to `server`, an IPv4 address as
  // http://HOST:PORT.
  proxy(uv_loop_t* loop, const std::string& server, const std::string& listen_on = "127.0.0.1",
        int port = 0);
  ~proxy();  // closes; what libuv still holds goes with the next turns of the loop
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  void to_server(const traffic& behaviour);
  void to_client(const traffic& behaviour);
  void both(const traffic& behaviour);
  void reset_all();                         // those open now; new ones come through
  void lead_to(const std::string& server);  // new connections do
  void close();

  [[nodiscard]] std::string url() const;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::size_t accepted() const;          // ever
  [[nodiscard]] std::size_t open_connections() const;  // now

  struct state;  // what libuv's handles hold on to

 private:
  state* state_;
  std::string listen_on_;
  int port_ = 0;
};

}  // namespace tenure::test
