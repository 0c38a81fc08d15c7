#include "etcd/error_document.hpp"

namespace tenure::etcd {
namespace {

// The member in etcd's spelling, or with a capital as some gateways and proxies have it.
field either(const field& in, std::string_view name, std::string_view other) {
  const field found = in.member(name);
  return found.present() ? found : in.member(other);
}

}  // namespace

// grpc-gateway v1, unary:   {"error":"etcdserver: …","message":"etcdserver: …","code":5}
// grpc-gateway v2, unary:   {"code":5,"message":"etcdserver: …"}, perhaps with "details":[]
// v1, in a stream: {"error":{"grpc_code":14,"http_code":503,"message":"…","http_status":"…"}} v2,
// in a stream:          {"error":{"code":14,"message":"…"}}
bool read(const field& root, error_document& out) {
  out = {};
  if (!root.object()) return false;
  const field error = either(root, "error", "Error");
  const bool nested = error.is_object();
  const field& in = nested ? error : root;
  const field message = either(in, "message", "Message");
  const field code = nested && in.member("grpc_code").present() ? in.member("grpc_code")
                                                                : either(in, "code", "Code");
  const bool answer = root.member("header").present() || root.member("result").present();
  out.found = error.present() || (!answer && (message.present() || code.present()));
  if (!out.found) return true;
  if (!code.read(out.code) || !message.read_text(out.text)) return false;
  return nested || !out.text.empty() || error.read_text(out.text);
}

bool parse(std::string_view body, error_document& out) {
  std::string why;
  etcd::document json;
  return json.parse(body, why) && read(field(json, why), out);
}

}  // namespace tenure::etcd
