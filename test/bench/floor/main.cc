// The floor of a cold start: ENDPOINT. One lease grant and one transaction on a fresh connection,
// and no library.
#include <cinttypes>
#include <cstdio>

#include "test/bench/raw.hpp"

int main(int, char** argv) {
  using namespace bench;
  connection to(port_of(argv[1]));
  const std::string lease = std::to_string(now_ns());
  const std::string key = key_field("floor/leader/" + lease);
  (void)to.post("/v3/lease/grant", R"({"TTL":"10","ID":")" + lease + "\"}");
  (void)to.post("/v3/kv/txn", R"({"compare":[{"target":"CREATE",)" + key +
                                  R"(,"create_revision":"0"}],"success":[{"request_put":{)" + key +
                                  R"(,"lease":")" + lease + R"("}},{"request_range":{)" +
                                  prefix_fields("floor/leader/") + "}}]}");
  std::printf("leading %" PRId64 "\n", now_ns());
}
