// libcurl's multi interface on a libuv loop: sockets by uv_poll_t, time by one uv_timer_t, and what
// is due at once by one uv_idle_t. A timer of 0 would not do for that: libuv 1.44 runs one that a
// timer's callback started before it polls, for ever.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <uv.h>

#include "loop/turn.hpp"
#include "net/poll_set.hpp"
#include "net/sockets.hpp"
#include "net/transfers.hpp"

namespace tenure::net {

// Nothing of curl's is called from inside its callbacks. What they say is noted, and done when curl
// has returned. The owner hears of it from the top of a libuv callback. So it may call everything
// here from there, close() too.
class multi {
 public:
  class owner {
   public:
    // Memory ran out: what curl said of a transfer may be lost.
    virtual void out_of_memory() noexcept = 0;
    // Curl has returned, and its transfers have been told: the moment to call others.
    virtual void settled() = 0;
    // After close(): nothing is left. The multi may be destroyed from within.
    virtual void gone() = 0;

   protected:
    ~owner() = default;
  };

  multi() = default;
  ~multi();
  multi(const multi&) = delete;
  multi& operator=(const multi&) = delete;

  // `tls`: guard all calls against SIGPIPE. False if curl has no memory; then nothing is left open.
  [[nodiscard]] bool open(uv_loop_t* loop, owner& to, turn& now, bool tls, long idle_connections);
  // `its` hears of it until it has ended or is removed.
  [[nodiscard]] CURLMcode add(CURL* easy, transfer& its);
  void remove(CURL* easy);
  // TLS sessions to resume: half a handshake each; null without TLS.
  [[nodiscard]] const std::shared_ptr<CURLSH>& sessions() const { return sessions_; }
  // `held`: those that the handle has. The old ones go when the last handle has left them.
  void share_sessions(CURL* easy, std::shared_ptr<CURLSH>& held) const;
  // No session is resumed that began before. Handles take the new `sessions` when they start.
  void forget_sessions();
  void clean_up(CURL* easy);  // as curl_easy_cleanup, which may write to sockets
  void resume(CURL* easy);    // ends the pause of its upload
  void wake();                // `settled` comes on the loop's next turn
  // A new socket for `easy` has the number `fd`; for its CURLOPT_OPENSOCKETFUNCTION. `path`: of the
  // unix socket that it will lead to; empty: none.
  void socket_opened(CURL* easy, int fd, const std::string& path);
  void socket_closed(int fd) { sockets_.closed(fd); }
  // Whether a request can be sent on the connection between these ports.
  [[nodiscard]] bool quiet(int local_port, int remote_port) {
    return sockets_.quiet(local_port, remote_port);
  }
  [[nodiscard]] bool quiet(const std::string& path) { return sockets_.quiet(path); }
  // In a forked child, before all else: from here on nothing reaches the parent's connections, nor
  // its loop.
  void let_go();
  // Ends the connections to this address. Transfers on them fail; none is used again.
  void cut(const std::string& address, int port) { sockets_.cut(address, port); }
  void cut(const std::string& path) { sockets_.cut(path); }
  // All transfers have been removed and cleaned up before.
  void close();

 private:
  struct trampoline;
  void start_timer(std::uint64_t ms);
  void expired();
  void unwatchable(CURL* easy) noexcept;
  void watch(CURL* easy, curl_socket_t fd, int what);
  void act(curl_socket_t fd, int events);
  void report();
  void end(CURL* easy, CURLcode result);
  void close_step();

  owner* to_ = nullptr;
  CURLM* handle_ = nullptr;
  std::shared_ptr<CURLSH> sessions_;
  turn* turn_ = nullptr;
  uv_timer_t timer_{};
  uv_idle_t soon_{};  // active: curl is due
  poll_set polls_;
  transfers transfers_;
  sockets sockets_;
  std::vector<CURL*> stalled_;    // curl waits for no socket of theirs any more
  std::vector<CURL*> unwatched_;  // their sockets could not be polled
  std::uint32_t life_ = 0;        // of the process that it began in
  bool tls_ = false;
  bool acting_ = false;       // inside curl_multi_socket_action
  bool woken_ = false;        // wake() was called: `soon_` is ours, not curl's
  int handles_ = 0;           // of timer_ and soon_
  bool soon_waited_ = false;  // it was due when the turn's time was over
  bool closing_ = false;
};

}  // namespace tenure::net
