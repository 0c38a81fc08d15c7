// Certificates and keys, given as PEM texts: nothing is read from files while the loop runs.
#pragma once

#include <curl/curl.h>

#include "net/transport.hpp"

namespace tenure::net {

// Refuses what could only fail later, at the first handshake, with a worse message. Never shows a text.
[[nodiscard]] error check_tls(const tls_material& tls);

// Sets `tls` on a handle. The texts are not copied: they must outlive it.
[[nodiscard]] CURLcode set_tls(CURL* easy, const tls_material& tls);

}  // namespace tenure::net
