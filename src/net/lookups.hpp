// Looks names up with c-ares, on the loop: no thread, and any of it can be ended at any time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <uv.h>

#include "net/found.hpp"
#include "net/poll_set.hpp"
#include "net/sockets.hpp"

namespace tenure::net {

// Each look-up has a channel of its own. It reads /etc/resolv.conf anew, waits for no other, and
// ends with it. One that was asked before is none the wiser: c-ares 1.31 and later keep answers in
// a channel.
class lookups {
 public:
  class owner {
   public:
    // Addresses in the order of preference, or why there are none.
    virtual void looked_up(std::size_t name, std::vector<found>&& addresses,
                           std::string&& failure) = 0;
    // Memory ran out in one of these.
    virtual void out_of_memory() noexcept = 0;
    virtual void lookups_gone() = 0;  // after close(): nothing is left

   protected:
    ~owner() = default;
  };

  lookups();
  ~lookups();
  lookups(const lookups&) = delete;
  lookups& operator=(const lookups&) = delete;

  // A second name server is asked when the first has been silent for `each`.
  void open(uv_loop_t* loop, owner& to, std::chrono::milliseconds each);
  // `looked_up` follows once, perhaps from within: what stands in /etc/hosts is known at once.
  // `name` is the caller's number, and not under way.
  void start(std::size_t name, const std::string& host);
  // The same for the servers that these records name.
  void start(std::size_t name, const srv_source& records);
  void let_go();  // in a forked child, before close(): the answers are the parent's
  void close();   // ends all of them, silently; `lookups_gone` comes later, from the loop

 private:
  struct lookup;
  struct trampoline;
  void watch(lookup& one, int fd, int events);
  void ready(int fd, int events);
  void tick();
  void tell_ended();
  void set_timer();
  void close_step();

  uv_loop_t* loop_ = nullptr;
  owner* to_ = nullptr;
  int each_ms_ = 0;
  std::vector<std::unique_ptr<lookup>> running_;
  poll_set polls_;
  sockets sockets_;
  uv_timer_t timer_{};
  std::uint32_t life_ = 0;  // of the process that it began in
  bool timer_open_ = false;
  bool closing_ = false;
};

}  // namespace tenure::net
