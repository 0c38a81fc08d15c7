// Every refusal that etcd or something in front of it was seen to give, in the shapes of both
// generations of gateways, and what it means.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>

#include "etcd/response.hpp"

namespace {

using tenure::etcd::classify;
using tenure::etcd::error_response;
using tenure::etcd::is_error;
using tenure::etcd::refusal;

struct known {
  std::string text;
  int code;
  long http_status;
  tenure::etcd::refusal refusal;
};

const known all_known[] = {
    {"etcdserver: requested lease not found", 5, 404, refusal::lease_not_found},
    {"etcdserver: lease already exists", 9, 412, refusal::lease_exists},
    {"etcdserver: lease already exists", 9, 400, refusal::lease_exists},
    {"etcdserver: authentication is not enabled", 9, 412, refusal::auth_not_enabled},
    {"etcdserver: root user does not exist", 9, 412, refusal::rejected},
    {"etcdserver: mvcc: required revision has been compacted", 11, 400, refusal::compacted},
    {"etcdserver: mvcc: required revision is a future revision", 11, 400, refusal::compacted},
    {"etcdserver: too large lease TTL", 11, 400, refusal::rejected},
    {"etcdserver: duplicate key given in txn request", 3, 400, refusal::rejected},
    {"etcdserver: too many operations in txn request", 3, 400, refusal::too_many_operations},
    {"etcdserver: key is not provided", 3, 400, refusal::rejected},
    {"etcdserver: request is too large", 3, 400, refusal::request_too_large},
    {"etcdserver: user name is empty", 3, 400, refusal::token_invalid},
    {"etcdserver: revision of auth store is old", 3, 400, refusal::token_invalid},
    {"auth: revision in header is old", 2, 500, refusal::token_invalid},
    {"etcdserver: invalid auth token", 16, 401, refusal::token_invalid},
    {"etcdserver: authentication failed, invalid user ID or password", 3, 400,
     refusal::credentials_rejected},
    {"etcdserver: authentication failed, password was given for no password user", 3, 400,
     refusal::credentials_rejected},
    {"etcdserver: permission denied", 7, 403, refusal::permission_denied},
    {"etcdserver: no leader", 14, 503, refusal::unavailable},
    {"etcdserver: request timed out", 14, 503, refusal::unavailable},
    {"etcdserver: leader changed", 14, 503, refusal::unavailable},
    {"etcdserver: rpc not supported for learner", 14, 503, refusal::unavailable},
    {"transport is closing", 14, 503, refusal::unavailable},
    {"error reading from server: EOF", 14, 503, refusal::unavailable},
    {"grpc: the client connection is closing", 1, 408, refusal::unavailable},
    {"context deadline exceeded", 4, 504, refusal::unavailable},
    {"stream terminated by RST_STREAM with error code: CANCEL", 4, 504, refusal::unavailable},
    {"stream terminated by RST_STREAM with error code: CANCEL", 13, 500, refusal::unavailable},
    {"context deadline exceeded", 2, 500, refusal::unavailable},
    {"not a primary lessor", 2, 500, refusal::unavailable},
    {"etcdserver: corrupt cluster", 15, 500, refusal::unavailable},
    {"etcdserver: mvcc: database space exceeded", 8, 429, refusal::no_space},
    {"etcdserver: too many requests", 8, 429, refusal::overloaded},
    {"something else is exhausted", 8, 429, refusal::unavailable},
    {"grpc: received message larger than max (2162804 vs. 2097152)", 8, 429,
     refusal::request_too_large},
    {"invalid grpc-timeout: 2s", 3, 400, refusal::rejected},
    {"Not Found", 5, 404, refusal::gateway_off},
    {"Method Not Allowed", 12, 501, refusal::rejected},
    {"connection error: desc = \\\"transport: authentication handshake failed: remote error: tls: "
     "bad certificate\\\"",
     14, 503, refusal::server_certificate},
    {"connection closed", 14, 503, refusal::server_certificate},
};

bool is(const error_response& seen, const known& expected) {
  return seen.refusal == expected.refusal && seen.code == expected.code && !seen.message.empty();
}

std::string v1(const known& k) {
  return R"({"error":")" + k.text + R"(","message":")" + k.text + R"(","code":)" +
         std::to_string(k.code) + "}";
}
std::string v2(const known& k) {
  return R"({"code":)" + std::to_string(k.code) + R"(, "message":")" + k.text +
         R"(", "details":[]})";
}
std::string v1_stream(const known& k) {
  return R"({"error":{"grpc_code":)" + std::to_string(k.code) + R"(,"http_code":)" +
         std::to_string(k.http_status) + R"(,"message":")" + k.text +
         R"(","http_status":"Whatever"}})";
}
std::string v2_stream(const known& k) {
  return R"({"error":{"code":)" + std::to_string(k.code) + R"(,"message":")" + k.text + "\"}}\n";
}

}  // namespace

Test(etcd_status, understands_each_known_refusal_in_all_four_shapes) {
  for (const known& k : all_known) {
    for (const std::string& body : {v1(k), v2(k), v1_stream(k), v2_stream(k)}) {
      cr_assert(is(classify(k.http_status, body), k), "%s", body.c_str());
      cr_assert(is_error(body), "%s", body.c_str());
    }
  }
}

Test(etcd_status, understands_an_error_document_inside_a_200) {
  for (const known& k : all_known) {
    if (k.text == "connection closed") continue;
    cr_assert(is(classify(200L, v1_stream(k)), k), "%s", k.text.c_str());
    cr_assert(is(classify(k.code, k.text), k), "%s", k.text.c_str());
  }
}

Test(etcd_status, takes_connection_closed_in_a_stream_for_the_end_of_the_member) {
  cr_assert(classify(14, "connection closed").refusal == refusal::unavailable);
  cr_assert(classify(200L, R"({"error":{"code":14,"message":"connection closed"}})").refusal ==
            refusal::unavailable);
  cr_assert(classify(503L, R"({"code":14,"message":"latest connection error: connection closed"})")
                .refusal == refusal::unavailable);
}

Test(etcd_status, reads_the_code_in_a_cancel_reason) {
  const struct {
    const char* reason;
    int code;
    tenure::etcd::refusal refusal;
  } reasons[] = {
      {"rpc error: code = Unauthenticated desc = etcdserver: invalid auth token", 16,
       refusal::token_invalid},
      {"rpc error: code = InvalidArgument desc = etcdserver: user name is empty", 3,
       refusal::token_invalid},
      {"rpc error: code = PermissionDenied desc = etcdserver: permission denied", 7,
       refusal::permission_denied},
      {"rpc error: code = PermissionDenied desc = other words", 7, refusal::permission_denied},
      {"rpc error: code = Unavailable desc = etcdserver: no leader", 14, refusal::unavailable},
      {"rpc error: code = Unavailable", 14, refusal::unavailable},
      {"rpc error: code = NoSuchCode desc = x", 0, refusal::rejected},
      {"rpc error: code = ", 0, refusal::rejected},
      {"etcdserver: mvcc: required revision has been compacted", 0, refusal::compacted},
      {"mvcc: duplicate watch ID provided on the WatchStream", 0, refusal::rejected},
      {"etcdserver: permission denied", 0, refusal::permission_denied},
      {"", 0, refusal::unavailable},
  };
  for (const auto& r : reasons) {
    error_response seen = classify(0, r.reason);
    cr_assert(seen.refusal == r.refusal, "%s", r.reason);
    cr_assert(eq(int, seen.code, int{r.code}), "%s", r.reason);
  }
}

Test(etcd_status, decides_by_the_http_status_where_the_body_is_not_etcds) {
  const struct {
    long http_status;
    const char* body;
    tenure::etcd::refusal refusal;
  } answers[] = {
      {404, "404 page not found\n", refusal::gateway_off},
      {404, "Not Found\n", refusal::gateway_off},
      {404, "", refusal::gateway_off},
      {400,
       "CommonName of client sending a request against gateway will be ignored and not used as "
       "expected\n",
       refusal::client_cn},
      {400, "Bad Request", refusal::rejected},
      {401, "Unauthorized", refusal::token_invalid},
      {403, "<html>Forbidden</html>", refusal::permission_denied},
      {405, "Method Not Allowed\n", refusal::rejected},
      {421, "The host is not allowed", refusal::host_not_allowed},
      {413, "<html><head><title>413 Request Entity Too Large</title></head></html>",
       refusal::request_too_large},
      {415, "", refusal::rejected},
      {429, "slow down", refusal::unavailable},
      {301, "<a href=\"/v3\">Moved Permanently</a>", refusal::rejected},
      {408, "", refusal::unavailable},
      {500, "", refusal::unavailable},
      {500, "panic", refusal::unavailable},
      {502, "<html><body><h1>502 Bad Gateway</h1></body></html>", refusal::unavailable},
      {503, "upstream connect error", refusal::unavailable},
      {504, "{\"error\":", refusal::unavailable},
      {503, "[]", refusal::unavailable},
      {503, "null", refusal::unavailable},
      {503, "{}", refusal::unavailable},
      {503, R"({"message":7})", refusal::unavailable},
      {503, R"({"error":true})", refusal::unavailable},
      {503, R"({"error":"upstream is away"})", refusal::unavailable},
      {403, R"({"message":"Forbidden by proxy"})", refusal::permission_denied},
      {200, "", refusal::unavailable},
      {200, "<html>log in to this network</html>", refusal::unavailable},
      {0, "", refusal::rejected},
  };
  for (const auto& a : answers) {
    error_response seen = classify(a.http_status, a.body);
    cr_assert(seen.refusal == a.refusal, "%ld %s", a.http_status, a.body);
    cr_assert(eq(int, seen.code, 0));
  }
}

Test(etcd_status, takes_capital_letters_as_some_gateways_have_them) {
  error_response seen = classify(
      401L,
      R"({"Error":"etcdserver: invalid auth token","Message":"etcdserver: invalid auth token","Code":16})");
  cr_assert(seen.refusal == refusal::token_invalid);
  cr_assert(eq(int, seen.code, 16));
  cr_assert(
      classify(404L, R"({"Error":"etcdserver: requested lease not found","Code":5})").refusal ==
      refusal::lease_not_found);
}

Test(etcd_status, gives_a_printable_message_of_at_most_200_bytes) {
  cr_assert(eq(type(std::string), classify(502L, "\n  a\x1b[31mb\xff\xc3\xa9\r\nc\x7f\n").message,
               std::string("HTTP 502: a [31mb     c")));
  cr_assert(eq(sz, classify(502L, std::string(5000, 'x')).message.size(), 200u));
  const std::string json = R"({"code":14,"message":")" + std::string(5000, 'y') + "\"}";
  cr_assert(eq(type(std::string), classify(503L, json).message, std::string(200, 'y')));
  cr_assert(eq(type(std::string),
               classify(503L, R"({"code":14,"message":"a\u001bb\u0000c"})").message,
               std::string("a b c")));
}

Test(etcd_status, an_answer_without_a_text_is_given_one) {
  for (const long status : {200L, 204L, 302L, 307L, 401L, 403L, 404L, 405L, 407L, 408L,
                            413L, 418L, 421L, 429L, 431L, 500L, 502L, 503L, 504L, 999L}) {
    const std::string begin = "HTTP " + std::to_string(status) + ": ";
    for (const char* body : {"", " \r\n "}) {
      const std::string said = classify(status, body).message;
      cr_assert(said.rfind(begin, 0) == 0 && said.size() > begin.size() + 10, "%s", said.c_str());
    }
  }
}

Test(etcd_status, bytes_that_are_no_text_are_named_and_not_printed) {
  cr_assert(classify(502L, "\x1f\x8b\x08\x01\x02").message.find("compressed") != std::string::npos);
  cr_assert(classify(200L, "\xef\xbb\xbf{}").message.find("byte order mark") != std::string::npos);
}

Test(etcd_status, takes_no_answer_for_an_error) {
  for (const char* body :
       {R"({"header":{"cluster_id":"1"},"succeeded":true})",
        R"({"result":{"header":{"cluster_id":"1"}}})",
        R"({ "header": {"cluster_id":"1"}, "message":"x"})", "{}", "[]", "", "x", "{", R"("error")",
        R"(["error"])", R"({"error":null})", R"({"error":)", R"({"error":7})"}) {
    cr_assert(not(is_error(body)), "%s", body);
  }
}

Test(etcd_status, understands_error_documents_cut_short_as_no_json) {
  const std::string body = v1(all_known[0]);
  for (std::size_t i = 0; i < body.size(); ++i) {
    const std::string part = body.substr(0, i);
    cr_assert(not(is_error(part)));
    cr_assert(classify(503L, part).refusal == refusal::unavailable);
  }
}
