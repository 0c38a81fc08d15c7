// Names to addresses, off the loop's thread: curl is only ever given literal addresses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <uv.h>

#include "net/transport.hpp"

namespace tenure::net {

using string_list = std::shared_ptr<curl_slist>;

// One entry an endpoint. Good addresses are kept for as long as nothing better is known. A resolver
// may fail, or wait behind the host's own work in libuv's pool: whoever knew an address goes on.
class resolver {
 public:
  class owner {
   public:
    // Whoever waits for the endpoint's address should ask again now.
    virtual void resolved(std::size_t endpoint) = 0;
    virtual void resolver_gone() = 0;  // after close(): nothing is left

   protected:
    ~owner() = default;
  };

  enum class state : std::uint8_t { ready, waiting, failed };

  resolver() = default;
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  // After `patience` whoever waits is told that it failed. The look-up goes on.
  void open(uv_loop_t* loop, owner& to, const std::vector<endpoint_url>& endpoints,
            std::chrono::milliseconds patience);
  // ready: addresses() is good, or the host is a literal address. waiting: `resolved` will come.
  // failed: see failure(). Starts a look-up where one is due.
  state ask(std::size_t endpoint);
  // For CURLOPT_RESOLVE; null for a literal address. Share it for as long as curl may read it.
  [[nodiscard]] const string_list& addresses(std::size_t endpoint) const;
  [[nodiscard]] const std::string& failure(std::size_t endpoint) const;
  void distrust(std::size_t endpoint);  // a connect failed: look up again at the next use
  void let_go();  // in a forked child: look-ups under way are never answered, nor waited for
  void close();   // `resolver_gone` comes later, from the loop

 private:
  struct lookup;
  struct entry {
    std::string host, port;
    bool literal = false;
    string_list addresses;  // the last good ones
    std::string failure;
    lookup* running = nullptr;
    bool awaited = false;    // somebody waits for the running look-up
    bool impatient = false;  // the running look-up took longer than `patience`
    bool distrusted = false;
    std::uint64_t asked = 0;  // loop time of the last look-up's start; 0: never
  };

  void start(std::size_t endpoint);
  void finish(std::size_t endpoint, int status, const addrinfo* found);
  void set_timer();
  void close_step();

  uv_loop_t* loop_ = nullptr;
  owner* to_ = nullptr;
  std::uint64_t patience_ = 0;
  std::vector<entry> entries_;
  uv_timer_t timer_{};
  bool timer_open_ = false;
  bool closing_ = false;
  std::size_t running_ = 0;  // also those that are waited for after close()
};

}  // namespace tenure::net
