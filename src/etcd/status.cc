// What an error answer means to us. Texts come first, because etcd's code misleads: codes 2 and 3
// stand for half a dozen things each. Versions differ in the code, but hardly in the text.
#include <iterator>

#include "etcd/error_document.hpp"
#include "etcd/response.hpp"

namespace tenure::etcd {
namespace {

constexpr std::size_t max_message = 200;

enum grpc_code : int {
  ok = 0,
  canceled,
  unknown,
  invalid_argument,
  deadline_exceeded,
  not_found,
  already_exists,
  no_permission,
  resource_exhausted,
  failed_precondition,
  aborted,
  out_of_range,
  unimplemented,
  internal,
  down,
  data_loss,
  unauthenticated
};

constexpr std::string_view code_names[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

struct rule {
  std::string_view text;  // anywhere in the message
  etcd::refusal refusal;
};

// The first that fits counts. Texts of etcd's api/v3rpc/rpctypes/error.go unless said otherwise.
constexpr rule rules[] = {
    {"requested lease not found", refusal::lease_not_found},
    {"lease already exists", refusal::lease_exists},
    {"database space exceeded", refusal::no_space},
    {"too many requests", refusal::overloaded},
    {"required revision has been compacted", refusal::compacted},
    {"required revision is a future revision", refusal::compacted},
    {"invalid auth token", refusal::token_invalid},
    {"user name is empty", refusal::token_invalid},  // no token was sent
    {"revision of auth store is old",
     refusal::token_invalid},  // a jwt from before a change of users or roles
    {"revision in header is old", refusal::token_invalid},  // the same, untranslated, code 2
    {"authentication failed",
     refusal::credentials_rejected},  // also: "password was given for no password user"
    {"user name not found", refusal::credentials_rejected},
    {"authentication is not enabled", refusal::auth_not_enabled},
    {"etcdserver: permission denied", refusal::permission_denied},
    {"too many operations in txn request", refusal::too_many_operations},
    {"request is too large", refusal::request_too_large},
    {"received message larger than max", refusal::request_too_large},  // gRPC; code 8
    {"not a primary lessor", refusal::unavailable},       // code 2: ask another member (etcd#21671)
    {"context deadline exceeded", refusal::unavailable},  // code 2 on 3.4, 4 on 3.5
    // gRPC's and Go's words, when the gateway cannot reach its own etcd over TLS
    {"bad certificate", refusal::server_certificate},
    {"certificate required", refusal::server_certificate},
    {"authentication handshake failed", refusal::server_certificate},
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

etcd::refusal by_code(int code, std::string_view text) {
  switch (code) {
    case canceled:
    case deadline_exceeded:
    case aborted:
    case resource_exhausted:  // not one of etcd's own limits: another endpoint may have room
    case internal:            // "stream terminated by RST_STREAM"
    case down:
    case data_loss:  // "corrupt cluster": an operator's work, and another member may serve
                     // meanwhile
    case unknown:    // whatever error of Go's etcd did not translate: mostly a leader change or a
                     // stop
      return refusal::unavailable;
    case no_permission: return refusal::permission_denied;
    case unauthenticated: return refusal::token_invalid;
    case not_found:
      // An unknown path on grpc-gateway v2. etcd's own "not found" always says what.
      return text == "Not Found" ? refusal::gateway_off : refusal::rejected;
    default: return refusal::rejected;
  }
}

// Without a code: what is not etcd's, but a proxy's or the HTTP server's.
etcd::refusal by_http(long status) {
  if (status == 404) return refusal::gateway_off;
  if (status == 401) return refusal::token_invalid;
  if (status == 403) return refusal::permission_denied;
  if (status == 413) return refusal::request_too_large;
  if (status == 421) return refusal::host_not_allowed;
  // An empty or foreign 200 is no answer either: another endpoint may give one.
  if (status == 408 || status == 429 || status >= 500 || (status >= 200 && status < 300))
    return refusal::unavailable;
  return refusal::rejected;
}

// etcd gives each of its answers a text. So something before it gave one that has none.
const char* meaning(long status) {
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return "a redirect, which etcd never sends: write etcd's own client URL";
    case 401:
    case 407: return "what stands before etcd wants credentials of its own";
    case 403: return "what stands before etcd forbids it";
    case 404: return "nothing is served under this path";
    case 405:
    case 501: return "what stands before etcd takes no POST";
    case 413: return "what stands before etcd takes no request of this size";
    case 431: return "what stands before etcd takes no headers of this size";
    case 421: return "this host name is not allowed there";
    case 429: return "what stands before etcd takes no more requests now";
    case 408:
    case 502:
    case 503:
    case 504: return "a proxy or load balancer there has no etcd to ask";
    default:
      return status >= 200 && status < 300 ? "an answer without a text is not etcd's"
                                           : "this is not etcd's own answer";
  }
}

// The message goes to logs and terminals: printable ASCII only, with blanks for the rest.
std::string printable(std::string_view text) {
  std::string out;
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return out;
  out = text.substr(start, max_message);
  for (char& c : out) {
    if (c < ' ' || c > '~') c = ' ';
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

// "HTTP 502: <html>…" for a body that is not etcd's.
std::string in_words(long status, std::string_view body) {
  // What etcd says of --host-whitelist is longer than there is room for: its first sentence will
  // do.
  if (status == 421) body = body.substr(0, body.find(".  "));
  std::string what = body.empty() ? "" : foreign(body);
  if (what.empty()) what = printable(body);
  if (what.empty()) what = meaning(status);
  if (status != 0) what = "HTTP " + std::to_string(status) + ": " + what;
  return what.substr(0, max_message);
}

// The code in "rpc error: code = Unauthenticated desc = …", which is how a watch's cancel_reason
// names it. 0: none.
int code_in(std::string_view text) {
  constexpr std::string_view before = "rpc error: code = ";
  const std::size_t at = text.find(before);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + before.size());
  text = text.substr(0, text.find(' '));
  for (std::size_t i = 0; i < std::size(code_names); ++i) {
    if (text == code_names[i]) return static_cast<int>(i);
  }
  return 0;
}

const rule* find_rule(std::string_view text) {
  for (const rule& one : rules) {
    if (contains(text, one.text)) return &one;
  }
  return nullptr;
}

}  // namespace

const char* foreign(std::string_view body) {
  if (body.empty()) return "its body is empty";
  const auto begins = [body](std::string_view with) { return body.substr(0, with.size()) == with; };
  if (begins("\x1f\x8b"))
    return "its body is compressed, which was not asked for: what stands before etcd must not do "
           "that";
  if (begins("\xef\xbb\xbf"))
    return "its body begins with a byte order mark: what stands before etcd must not change it";
  return "";
}

error_response classify(int code, std::string_view text) {
  error_response out;
  out.code = code != 0 ? code : code_in(text);
  out.message = printable(text);
  if (const rule* found = find_rule(text)) {
    out.refusal = found->refusal;
  } else if (out.code == 0 && out.message.empty()) {
    out.refusal = refusal::unavailable;  // a stream that ends without a reason
  } else {
    out.refusal = by_code(out.code, text);
  }
  return out;
}

error_response classify(long http_status, std::string_view body) {
  error_document document;
  if (parse(body, document) && document.found) {
    error_response out = classify(document.code, document.text);
    // 3.4 says no more than this when its gateway is refused by its own TLS port (seen). In a
    // stream that was up, the same words are only the member's end.
    if (http_status == 503 && out.code == down && document.text == "connection closed") {
      out.refusal = refusal::server_certificate;
    } else if (out.code == 0 && find_rule(document.text) == nullptr) {
      out.refusal = by_http(http_status);
    }
    return out;
  }
  error_response out;
  out.message = in_words(http_status, body);
  out.refusal = http_status == 400 && contains(body, "CommonName of client sending a request")
                    ? refusal::client_cn
                    : by_http(http_status);
  return out;
}

bool is_error(std::string_view body) {
  // This is asked of every answer. etcd's good answers begin so, and need not be parsed twice.
  constexpr std::string_view usual[] = {R"({"header":)", R"({"result":)"};
  for (const std::string_view start : usual) {
    if (body.substr(0, start.size()) == start) return false;
  }
  error_document document;
  return parse(body, document) && document.found;
}

}  // namespace tenure::etcd
