// What curl says about a transfer, put as a reply: how far it came, and what a person should know.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "net/transport.hpp"

namespace tenure::net {

struct ending {
  CURLcode code = CURLE_OK;
  bool sent = false;           // a connection stood and the request was begun
  bool too_large = false;      // we stopped it
  std::string_view excess;     // we stopped it for this, which is for people
  bool headers_whole = false;  // the answer's headers came to their end
  bool to_itself = false;      // both ends of the connection are the same
  long status = 0;
  long os_error = 0;
  std::string_view detail;  // curl's words
  const endpoint_url* endpoint = nullptr;
  bool client_cert = false;  // we have one to show
  bool new_connection = false;
  std::chrono::milliseconds connect_timeout{0};
  std::size_t max_answer = 0;
};

// Sets delivery, status and failure; the body is the caller's.
[[nodiscard]] reply judge(const ending& o);

}  // namespace tenure::net
