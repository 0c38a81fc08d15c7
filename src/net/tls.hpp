// How a handle of curl's comes to speak TLS: with certificates that were parsed once, for all
// connections, off the loop's thread where they are renewed.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include <curl/curl.h>

#include "net/tls_set.hpp"
#include "net/transport.hpp"

namespace tenure::net {

// Refuses what would fail later, at the first handshake, with a worse message. The message never
// quotes the PEM text.
[[nodiscard]] error check_tls(const tls_material& tls);

// Begins a handshake with nobody on a handle that has them, in this process alone: whether the TLS
// library takes the certificates and the key, and whether they belong together, shows before the
// first packet. It also loads what would be loaded by the first handshake, which takes
// milliseconds, in a turn of the loop.
[[nodiscard]] error try_tls(CURL* easy);

// What a connection takes when it is opened. All that it points to must outlive the handle.
struct tls_use {
  const std::shared_ptr<const tls_set>* newest = nullptr;
  const tls_rules* rules = nullptr;
  const endpoint_url* to = nullptr;
};

[[nodiscard]] CURLcode set_tls(CURL* easy, tls_use& use);

// What the exchanges of a transport share.
struct tls_state {
  std::shared_ptr<const tls_set> newest;  // null: no endpoint needs it
  tls_rules rules;
  // Of each endpoint: when the certificate ends that it showed on its newest connection.
  std::vector<std::optional<std::chrono::system_clock::time_point>> ends;
};

// Whether the server's certificate is still valid on the connection that the handle has; notes its
// end. OpenSSL looks at it in a whole handshake only: a resumed session could outlive it.
[[nodiscard]] bool certificate_holds(CURL* easy, tls_state& state, std::size_t endpoint);

}  // namespace tenure::net
