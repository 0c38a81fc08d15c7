// What became of an exchange.
#include <utility>

#include "net/easy.hpp"
#include "net/exchange.hpp"
#include "net/failure.hpp"

namespace tenure::net {

long exchange::written() const {
  long bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &bytes);
  return bytes;
}

// curl does not count what it could not write at once, not even headers. But it notes when it began
// with the rest.
bool exchange::has_written() const {
  curl_off_t later = 0;
  curl_easy_getinfo(easy_, CURLINFO_STARTTRANSFER_TIME_T, &later);
  return sent_ && (written() > written_before_ || later > 0);
}

bool exchange::served() const {
  if (!failure_.empty() || result_ != CURLE_OK || !sent_) return false;
  if (kind_ != exchange_kind::call) return true;
  return over_ && status_ == 200;  // what is without a body is none of etcd's good answers
}

reply exchange::result() {
  reply r;
  if (!failure_.empty()) {
    r.delivery = sent_ ? delivery::broken : delivery::not_sent;
    r.failure = failure_;
    return r;
  }
  if (starved_) {
    r.delivery = delivery::broken;
    r.failure = to_->url + ": memory ran out while the answer came";
    return r;
  }
  ending o;
  o.code = result_;
  o.sent = sent_;
  o.too_large = too_large_;
  o.excess = besides_.excess();
  o.headers_whole = besides_.headers_whole();
  o.to_itself = new_connection_ && reached_itself(easy_);
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &o.status);
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &o.os_error);
  if (no_socket_ != 0) o.os_error = no_socket_;
  o.detail = detail_;
  o.endpoint = to_;
  o.new_connection = new_connection_;
  o.client_cert = tls_.newest != nullptr && tls_.newest->has_certificate();
  o.connect_timeout = config_.connect_timeout;
  o.max_answer = config_.max_answer;
  r = judge(o);
  if (r.delivery == delivery::answered) r.body = std::move(answer_);
  return r;
}

}  // namespace tenure::net
