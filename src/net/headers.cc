#include "net/headers.hpp"

#include <algorithm>

namespace tenure::net {

namespace {

// gRPC takes at most eight digits.
constexpr long long most_grpc_timeout = 99999999;

bool append(curl_slist*& list, const char* line) {
  curl_slist* longer = curl_slist_append(list, line);
  if (longer == nullptr) return false;
  list = longer;
  return true;
}

}  // namespace

header_list::~header_list() { curl_slist_free_all(list_); }

bool header_list::carries(std::string_view token) {
  return std::none_of(token.begin(), token.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

curl_slist* header_list::get(std::string_view token, std::chrono::milliseconds grpc_timeout) {
  if (list_ != nullptr && token == token_ && grpc_timeout == grpc_timeout_) return list_;
  curl_slist_free_all(list_);
  list_ = nullptr;
  bool ok = append(list_, "Content-Type: application/json") &&
            append(list_, "Grpc-Metadata-hasleader: true") &&
            append(list_, "Expect:");  // none: curl would add it to uploads of unknown length
  // Only with `Connection: close` does etcd answer while the upload is still open.
  if (two_way_)
    ok = ok && append(list_, "Transfer-Encoding: chunked") && append(list_, "Connection: close");
  if (grpc_timeout.count() > 0) {
    const long long ms = std::min<long long>(grpc_timeout.count(), most_grpc_timeout);
    ok = ok && append(list_, ("Grpc-Timeout: " + std::to_string(ms) + 'm').c_str());
  }
  if (!token.empty()) ok = ok && append(list_, ("Authorization: " + std::string(token)).c_str());
  if (!ok) {
    curl_slist_free_all(list_);
    list_ = nullptr;
    return nullptr;
  }
  token_ = token;
  grpc_timeout_ = grpc_timeout;
  return list_;
}

}  // namespace tenure::net
