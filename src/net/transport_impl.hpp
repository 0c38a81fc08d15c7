// What is behind transport: who is under way, who waits for an address, and who has something to
// tell.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <uv.h>

#include "net/exchange.hpp"
#include "net/multi.hpp"
#include "net/places.hpp"
#include "net/resolver.hpp"
#include "net/transport.hpp"

namespace tenure::net {

struct transport::impl final : multi::owner, resolver::owner {
  using table = std::unordered_map<std::uint64_t, std::unique_ptr<exchange>>;

  [[nodiscard]] error open(uv_loop_t* loop, transport_config&& with, receiver& receiver, turn& now);
  void begin(exchange_kind kind, exchange_request&& request);
  void cancel(exchange_kind kind, std::uint64_t number);
  void write(std::uint64_t stream, std::string_view bytes);
  void let_go();
  void redial(std::size_t number);
  void close(void (*closed)(void* context), void* context);

  void renew(std::shared_ptr<const tls_set> newest);
  [[nodiscard]] std::optional<std::chrono::seconds> certificate_left(std::size_t endpoint) const;
  [[nodiscard]] std::optional<std::chrono::seconds> own_certificate_left() const;
  [[nodiscard]] bool usable() const { return open_ && !closing_; }

 private:
  // From multi and resolver, always at the top of a libuv callback.
  void settled() override;
  void out_of_memory() noexcept override { to_->out_of_memory(); }
  void gone() override;
  void resolved(std::size_t endpoint) override;
  void resolver_gone() override;

  [[nodiscard]] table& of(exchange_kind kind) {
    return kind == exchange_kind::call ? calls_ : streams_;
  }
  [[nodiscard]] std::unique_ptr<exchange> fresh(exchange_kind kind);
  void dial(exchange& x);
  void tell_places();
  void deliver();
  void tell_result(exchange& x);
  void put_away(std::unique_ptr<exchange> x);
  void close_step();

  transport_config config_;
  tls_state tls_;
  std::vector<endpoint_url> endpoints_;
  endpoint_url nowhere_;
  receiver* to_ = nullptr;
  multi driver_;
  resolver names_;
  net::places places_;
  arrivals arrivals_;
  table calls_;
  table streams_;
  std::vector<exchange*> waiting_;  // for their name's addresses
  std::vector<std::unique_ptr<exchange>>
      spare_;  // used calls: a new curl handle costs more than a request
  std::string bytes_;
  bool open_ = false;
  bool closing_ = false;
  bool delivering_ = false;
  bool driver_gone_ = false;
  bool names_gone_ = false;
  void (*closed_)(void* context) = nullptr;
  void* context_ = nullptr;
};

}  // namespace tenure::net
