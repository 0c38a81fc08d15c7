// The headers of a request, built anew only when they change.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <curl/curl.h>

namespace tenure::net {

class header_list {
 public:
  explicit header_list(bool two_way) : two_way_(two_way) {}
  ~header_list();
  header_list(const header_list&) = delete;
  header_list& operator=(const header_list&) = delete;

  // Whether a header can hold that token.
  [[nodiscard]] static bool carries(std::string_view token);
  // The list for CURLOPT_HTTPHEADER, good until the next call; null if there is no memory.
  [[nodiscard]] curl_slist* get(std::string_view token, std::chrono::milliseconds grpc_timeout);
  // The token was sent: overwrites it where curl need not read it again.
  void forget_token();

 private:
  bool two_way_;
  curl_slist* list_ = nullptr;
  bool with_token_ = false;
  std::chrono::milliseconds grpc_timeout_{0};
};

}  // namespace tenure::net
