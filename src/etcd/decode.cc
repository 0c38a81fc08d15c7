#include "etcd/decode.hpp"

namespace tenure::etcd {
namespace {

// A range's answer, which looks the same alone and in a transaction.
template <class Out>
bool read_range(const field& in, Out& out) {
  return in.object() && read_list<key_value>(in.member("kvs"), out.kvs, read) &&
         in.member("count").read(out.count) && in.member("more").read(out.more);
}

// What an entry says itself of its revision. Etcd leaves that out of some.
bool read_op_header(const field& in, op_response& out) {
  if (!in.object()) return false;
  const field head = in.member("header");
  return head.object() && head.member("revision").read(out.revision);
}

// Recurses once per nested transaction; the document's depth is bounded, so this is.
bool read_op(const field& in, op_response& out) {
  if (!in.object()) return false;
  const field put = in.member("response_put");
  const field range = in.member("response_range");
  const field removal = in.member("response_delete_range");
  const field txn = in.member("response_txn");
  // etcd always says which kind it is. An entry without a kind would pass for "nothing found".
  if (put.present() + range.present() + removal.present() + txn.present() != 1) {
    return in.fail("not one of response_put, response_range, response_delete_range, response_txn");
  }
  if (put.present()) {
    out.kind = op_kind::put;
    return read_op_header(put, out);
  }
  if (range.present()) {
    out.kind = op_kind::range;
    return read_op_header(range, out) && read_range(range, out);
  }
  if (removal.present()) {
    out.kind = op_kind::removal;
    return read_op_header(removal, out) && removal.member("deleted").read(out.deleted);
  }
  out.kind = op_kind::txn;
  return read_op_header(txn, out) && txn.member("succeeded").read(out.succeeded) &&
         read_list(txn.member("responses"), out.responses, read_op);
}

bool read_txn(const field& root, txn_response& out) {
  return read_header(root, out.header) && root.member("succeeded").read(out.succeeded) &&
         read_list(root.member("responses"), out.responses, read_op);
}

bool read_range_answer(const field& root, range_response& out) {
  return read_header(root, out.header) && read_range(root, out);
}

bool read_lease(const field& root, lease_response& out) {
  if (!root.object()) return false;
  const field result = root.member("result");
  const field& in = result.present() ? result : root;
  return read_header(in, out.header) && in.member("ID").read(out.id) &&
         in.member("TTL").read(out.ttl_s);
}

bool read_token(const field& root, authenticate_response& out) {
  if (!read_header(root, out.header)) return false;
  const field token = root.member("token");
  if (!token.read_text(out.token)) return false;
  if (out.token.empty()) return token.fail("missing");
  // It goes into a header of our requests. Nothing in it may end that header and begin another.
  for (const char c : out.token) {
    if (c <= ' ' || c > '~') return token.fail("not a token of printable characters");
  }
  return true;
}

}  // namespace

bool read(const field& in, header& out) {
  return in.object() && in.member("cluster_id").read(out.cluster_id) &&
         in.member("member_id").read(out.member_id) && in.member("revision").read(out.revision) &&
         in.member("raft_term").read(out.raft_term);
}

bool read_header(const field& in, header& out) {
  if (!in.object()) return false;
  const field head = in.member("header");
  if (!head.present()) return head.fail("missing");
  if (!read(head, out)) return false;
  const field cluster = head.member("cluster_id");
  return out.cluster_id != 0 || cluster.fail("missing");
}

bool read(const field& in, key_value& out) {
  if (!in.object()) return false;
  const field key = in.member("key");
  if (!key.read_bytes(out.key)) return false;
  // etcd has no empty key. And `{}` costs two bytes of text: in memory a list of them would be a
  // hundred times as long.
  if (out.key.empty()) return key.fail("missing");
  return in.member("value").read_bytes(out.value) &&
         in.member("create_revision").read(out.create_revision) &&
         in.member("mod_revision").read(out.mod_revision) &&
         in.member("version").read(out.version) && in.member("lease").read(out.lease);
}

bool parse(std::string_view body, txn_response& out, std::string& why) {
  return parse_with(read_txn, body, out, why);
}

bool parse(std::string_view body, range_response& out, std::string& why) {
  return parse_with(read_range_answer, body, out, why);
}

bool parse(std::string_view body, lease_response& out, std::string& why) {
  return parse_with(read_lease, body, out, why);
}

bool parse(std::string_view body, authenticate_response& out, std::string& why) {
  return parse_with(read_token, body, out, why);
}

}  // namespace tenure::etcd
