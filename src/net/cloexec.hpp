// Close-on-exec for the descriptors that curl opens without it.
#pragma once

#include <curl/curl.h>

namespace tenure::net {

// curl_multi_init, and FD_CLOEXEC on the pair of sockets behind curl_multi_wakeup. curl (until 8.9;
// curl#13618) leaves the flag out and has no way to ask for the descriptors.
[[nodiscard]] CURLM* open_multi_close_on_exec();

// For CURLOPT_OPENSOCKETFUNCTION: a socket that an exec'd child does not inherit.
[[nodiscard]] curl_socket_t open_socket_close_on_exec(const curl_sockaddr& address);

}  // namespace tenure::net
