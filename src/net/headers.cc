#include "net/headers.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/secret.hpp"

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

header_list::~header_list() {
  forget_token();
  curl_slist_free_all(list_);
}

void header_list::forget_token() {
  if (!std::exchange(with_token_, false)) return;
  curl_slist* last = list_;
  while (last != nullptr && last->next != nullptr) last = last->next;
  if (last != nullptr) wipe(last->data, std::strlen(last->data));
  grpc_timeout_ = std::chrono::milliseconds(-1);  // this list is of no more use
}

bool header_list::carries(std::string_view token) {
  return std::none_of(token.begin(), token.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

curl_slist* header_list::get(std::string_view token, std::chrono::milliseconds grpc_timeout) {
  if (list_ != nullptr && token.empty() && !with_token_ && grpc_timeout == grpc_timeout_)
    return list_;
  forget_token();
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
  if (!token.empty()) {
    std::string line;
    line.reserve(32 + token.size());
    line.append("Authorization: ").append(token);
    ok = ok && append(list_, line.c_str());
    wipe(line);
  }
  if (!ok) {
    curl_slist_free_all(list_);
    list_ = nullptr;
    return nullptr;
  }
  with_token_ = !token.empty();
  grpc_timeout_ = grpc_timeout;
  return list_;
}

}  // namespace tenure::net
