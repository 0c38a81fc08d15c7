// What a look-up finds: an address, and whose it is.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "net/transport.hpp"

namespace tenure::net {

struct found {
  // NOLINTNEXTLINE(google-explicit-constructor): most have nothing but an address
  found(std::string text, std::shared_ptr<const endpoint_url> its = nullptr)
      : address(std::move(text)), to(std::move(its)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  found(const char* text) : address(text) {}

  std::string address;                     // textual
  std::shared_ptr<const endpoint_url> to;  // whose it is; null: the endpoint's that was looked up
};

inline bool operator==(const found& a, const found& b) {
  if (a.address != b.address) return false;
  return a.to == b.to || (a.to != nullptr && b.to != nullptr && a.to->url == b.to->url);
}

}  // namespace tenure::net
