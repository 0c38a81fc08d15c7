// What came back from an endpoint, or why nothing did.
#pragma once

#include <cstdint>
#include <string>

namespace tenure::net {

enum class delivery : std::uint8_t {
  answered,  // an HTTP answer came, whole: status and body
  not_sent,  // certainly not executed: refused, unresolved, no route, TLS failed
  // May have been executed: reset, EOF before the answer's end. Also if TLS 1.3 refused our
  // certificate and a reset overtook the alert.
  broken,
  too_large,  // the answer exceeded max_answer, or what came with it another bound
  bad_http,   // what came is not HTTP
};

struct reply {
  net::delivery delivery = delivery::not_sent;
  long http_status = 0;
  std::string body;
  std::string failure;  // for people, without secrets; empty if answered
};

}  // namespace tenure::net
