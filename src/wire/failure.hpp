// What went wrong, in words for people that name the cause and the remedy.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "etcd/response.hpp"
#include "tenure/error.hpp"
#include "tenure/token.hpp"

namespace tenure::wire {

// What a request is for; completes "cannot …".
[[nodiscard]] const char* name(core::op what);

[[nodiscard]] errc to_errc(core::outcome what);
[[nodiscard]] errc to_errc(reason why);
[[nodiscard]] reason to_reason(core::cause why);

// Says at which endpoint something failed.
class reporter {
 public:
  // How people know the endpoints, by number: the URL, and the address if it is one of several.
  explicit reporter(std::vector<std::string> endpoints = {}) : endpoints_(std::move(endpoints)) {}
  void rename(std::vector<std::string>&& endpoints) { endpoints_ = std::move(endpoints); }
  [[nodiscard]] const std::string& endpoint(std::uint32_t number) const {
    return endpoints_[number];
  }

  // A failure of which nothing is known but its kind, e.g. a time-out.
  [[nodiscard]] error failed(core::op what, std::uint32_t endpoint, core::outcome how) const;
  // A failure that comes with a text.
  [[nodiscard]] error failed(core::op what, std::uint32_t endpoint, errc code,
                             const std::string& text) const;
  // etcd refused.
  [[nodiscard]] error refused(core::op what, std::uint32_t endpoint,
                              const etcd::error_response& e) const;
  // The watch is over, and the connection says why.
  [[nodiscard]] error watch_broke(std::uint32_t endpoint, errc code, const std::string& text) const;
  // The watch is over, and etcd says why.
  [[nodiscard]] error watch_ended(std::uint32_t endpoint, core::outcome how,
                                  const etcd::error_response& e) const;

 private:
  std::vector<std::string> endpoints_;
};

}  // namespace tenure::wire
