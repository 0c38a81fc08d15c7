// The options that all of our requests share.
#pragma once

#include <curl/curl.h>

#include "net/tls.hpp"
#include "net/transport.hpp"

namespace tenure::net {

// curl_global_init, once a process, from any thread, never undone: the host may use curl as well.
[[nodiscard]] error init_curl();

// A new handle with those options; null if there is no memory. `use` must outlive it.
[[nodiscard]] CURL* make_easy(const transport_config& config, tls_use& use);

// Both ends of its connection are the same. A connect to a port where nobody listens meets itself
// if the system takes that port for our end.
[[nodiscard]] bool reached_itself(CURL* easy);

}  // namespace tenure::net
