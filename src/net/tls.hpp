// Certificates and keys, given as PEM texts: nothing is read from files while the loop runs.
#pragma once

#include <curl/curl.h>

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

// Sets `tls` on a handle. The texts are not copied: they must outlive it.
[[nodiscard]] CURLcode set_tls(CURL* easy, const tls_material& tls);

}  // namespace tenure::net
