// Names to addresses: when to ask, and what counts until the answer comes. curl is only ever given
// literal addresses.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <uv.h>

#include "net/lookups.hpp"
#include "net/transport.hpp"

namespace tenure::net {

// One entry an endpoint. Good addresses are kept for as long as nothing better is known. Name
// servers may fail: whoever knew an address goes on.
class resolver final : private lookups::owner {
 public:
  class owner {
   public:
    // The endpoint's addresses or its failure may be others now: whoever waits for them should ask
    // again. Perhaps from within `ask`.
    virtual void resolved(std::size_t endpoint) = 0;
    // Memory ran out in one of these.
    virtual void out_of_memory() noexcept = 0;
    virtual void resolver_gone() = 0;  // after close(): nothing is left

   protected:
    ~owner() = default;
  };

  enum class state : std::uint8_t { ready, waiting, failed };

  resolver() = default;
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  // First; it takes memory, as `open` does not.
  void know(const std::vector<endpoint_url>& endpoints, const srv_source& discovery);
  // After `patience` whoever waits is told that it failed. The look-up goes on.
  void open(uv_loop_t* loop, owner& to, std::chrono::milliseconds patience) noexcept;
  // ready: addresses() is good, or the host is a literal address. waiting: `resolved` will come.
  // failed: see failure(). Starts a look-up where one is due.
  state ask(std::size_t endpoint);
  // Empty for a literal address.
  [[nodiscard]] const std::vector<found>& addresses(std::size_t endpoint) const {
    return entries_[endpoint].addresses;
  }
  [[nodiscard]] const std::string& failure(std::size_t endpoint) const {
    return entries_[endpoint].failure;
  }
  // An address did not answer, or not rightly: look up again at the next use.
  void distrust(std::size_t endpoint) { entries_[endpoint].distrusted = true; }
  void let_go() { lookups_.let_go(); }  // in a forked child, before close()
  void close();  // ends all look-ups; `resolver_gone` comes later, from the loop

 private:
  struct trampoline;
  struct entry {
    std::string host;
    srv_source records;  // to be asked for instead
    bool literal = false;
    std::vector<found> addresses;  // the last good ones
    std::string failure;
    bool running = false;    // a look-up
    bool awaited = false;    // somebody waits for it
    bool impatient = false;  // it took longer than `patience`
    bool distrusted = false;
    std::uint64_t asked = 0;  // loop time of the last look-up's start; 0: never
  };

  // lookups::owner
  void looked_up(std::size_t endpoint, std::vector<found>&& addresses,
                 std::string&& failure) override;
  void lookups_gone() override;
  void out_of_memory() noexcept override { to_->out_of_memory(); }

  [[nodiscard]] static std::string cannot_find(const entry& e);
  void start(std::size_t endpoint);
  void lose_patience();
  void set_timer();
  void close_step();

  uv_loop_t* loop_ = nullptr;
  owner* to_ = nullptr;
  lookups lookups_;
  std::uint64_t patience_ = 0;
  std::vector<entry> entries_;
  uv_timer_t timer_{};
  bool timer_open_ = false;
  bool lookups_open_ = false;
  bool closing_ = false;
};

}  // namespace tenure::net
