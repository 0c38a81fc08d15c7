// Whatever a server says: no crash, an answer or a reason, never half an answer.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "etcd/response.hpp"

namespace {

using namespace tenure::etcd;

void require(bool holds) {
  if (!holds) std::abort();
}

template <class Answer>
bool try_parse(std::string_view text, Answer& out) {
  std::string why;
  const bool taken = parse(text, out, why);
  require(taken == why.empty());
  return taken;
}

template <class Answer>
void try_unary(std::string_view text) {
  Answer out;
  require(try_parse(text, out) == (out.header.cluster_id != 0));
}

void check(const error_response& error) {
  require(error.message.size() <= 200);
  for (const char c : error.message) require(c >= ' ' && c <= '~');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_unary<txn_response>(text);
  try_unary<range_response>(text);
  try_unary<lease_response>(text);
  try_unary<authenticate_response>(text);

  watch_message message;
  if (try_parse(text, message)) {
    require(message.failed == (message.header.cluster_id == 0));
    check(classify(message.error_code, message.error_text));
    check(classify(0, message.cancel_reason));
    for (const watch_event& event : message.events) require(!event.kv.key.empty());
  }
  if (is_error(text)) require(message.failed);
  for (const long http_status : {200L, 400L, 404L, 503L}) check(classify(http_status, text));
  return 0;
}
