// What etcd's v3 gateway says, as plain structs. Fields that the gateway leaves out are zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::etcd {

struct header {
  std::uint64_t cluster_id = 0;
  std::uint64_t member_id = 0;
  std::int64_t revision = 0;
  std::uint64_t raft_term = 0;
};

// Keys and values as bytes, decoded from base64.
struct key_value {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;
  std::int64_t mod_revision = 0;
  std::int64_t version = 0;
  std::int64_t lease = 0;
};

enum class op_kind : std::uint8_t { put, range, removal, txn };

// One entry of a transaction's `responses`. Its kind says which members mean something: kvs, count
// and more for a range, deleted for a removal, succeeded and responses for a nested transaction,
// none for a put.
struct op_response {
  op_kind kind = op_kind::put;
  std::int64_t revision = 0;  // of its own header; 0 if it has none
  std::vector<key_value> kvs;
  std::int64_t count = 0;
  bool more = false;
  std::int64_t deleted = 0;
  bool succeeded = false;
  std::vector<op_response> responses;
};

struct txn_response {
  etcd::header header;
  bool succeeded = false;
  std::vector<op_response> responses;
};

struct range_response {
  etcd::header header;
  std::vector<key_value> kvs;
  std::int64_t count = 0;
  bool more = false;
};

struct lease_response {  // grant, keepalive and revoke; ttl_s 0 in a keepalive: the lease is gone
  etcd::header header;
  std::int64_t id = 0;
  std::int64_t ttl_s = 0;
};

struct authenticate_response {
  etcd::header header;
  std::string token;
};

struct watch_event {
  bool deleted = false;  // else put
  key_value kv;          // of a delete only key and mod_revision
};

// One document of a watch stream, or of any stream that can end in an error document.
struct watch_message {
  etcd::header header;
  std::int64_t watch_id = 0;
  bool created = false;
  bool canceled = false;
  std::int64_t compact_revision = 0;
  std::string cancel_reason;
  std::vector<watch_event> events;
  // The stream's own error document, {"error":{…}}: code and text; nothing else is set then.
  bool failed = false;
  int error_code = 0;
  std::string error_text;
};

// What kind of refusal an error answer is. Code and text decide that. The HTTP status alone
// misleads: 400 can mean "no token".
enum class refusal : std::uint8_t {
  unavailable,  // this member cannot now: no leader, stopping, timed out; try another
  lease_not_found,
  lease_exists,
  no_space,              // "mvcc: database space exceeded"
  overloaded,            // "too many requests" and other code 8
  compacted,             // required revision has been compacted, or is a future revision
  token_invalid,         // authenticate (again), retry: no, wrong or outdated token
  credentials_rejected,  // wrong user name or password
  auth_not_enabled,      // authenticate on a cluster without authentication: go on without
  permission_denied,
  too_many_operations,  // more than --max-txn-ops
  request_too_large,    // more than --max-request-bytes, or than a proxy takes (413)
  gateway_off,          // plain 404: --enable-grpc-gateway=false
  host_not_allowed,     // 421: --host-whitelist
  client_cn,            // 400 "CommonName of client sending a request…"
  server_certificate,   // 503 with "bad certificate"/"connection closed" of the gateway itself
  rejected              // anything else that a repetition will not mend
};

struct error_response {
  etcd::refusal refusal = refusal::rejected;
  int code = 0;  // gRPC code, 0 if the body had none
  // etcd's text. Of a body that is not etcd's: the HTTP status and the body's start, or what that
  // status means. Printable, never empty for an HTTP status, at most 200 bytes.
  std::string message;
};

// Every parser returns false if the text is not such an answer: not JSON, a member of the wrong
// type, not UTF-8, bad base64, a missing header. It then leaves a sentence in `why` that names the
// path, e.g. "responses[3].response_range.kvs[0].lease: not a 64-bit integer". No parser throws or
// asserts.
[[nodiscard]] bool parse(std::string_view body, txn_response& out, std::string& why);
[[nodiscard]] bool parse(std::string_view body, range_response& out, std::string& why);
// Takes both a bare document (grant, revoke) and one inside {"result":…} (keepalive).
[[nodiscard]] bool parse(std::string_view body, lease_response& out, std::string& why);
[[nodiscard]] bool parse(std::string_view body, authenticate_response& out, std::string& why);
// One document, {"result":{…}} or {"error":{…}}, or a bare error {"code":…,"message":…}.
[[nodiscard]] bool parse(std::string_view document, watch_message& out, std::string& why);

// What a body is that no etcd sends, such as a compressed one; "" if nothing of it is known.
[[nodiscard]] const char* foreign(std::string_view body);

// Reads the body of an HTTP answer whose status is not 200. Also the document {"error":…} of one
// whose status is 200.
[[nodiscard]] error_response classify(long http_status, std::string_view body);
// The same of a stream's error or cancel_reason.
[[nodiscard]] error_response classify(int code, std::string_view text);
// True if the document is an error document ("error" member at its top, or code and message only).
[[nodiscard]] bool is_error(std::string_view body);

}  // namespace tenure::etcd
