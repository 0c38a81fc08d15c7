// Reads the documents of a watch stream.
#include "etcd/decode.hpp"
#include "etcd/error_document.hpp"

namespace tenure::etcd {
namespace {

// PUT is the first of its enum and left out; an enum may come as a name or as a number.
bool read_type(const field& in, bool& deleted) {
  deleted = false;
  if (!in.present()) return true;
  std::string name;
  if (in.is_string()) {
    if (!in.read_text(name)) return false;
    deleted = name == "DELETE";
    return deleted || name == "PUT" || in.fail("neither PUT nor DELETE");
  }
  std::int64_t number = 0;
  if (!in.read(number)) return false;
  deleted = number == 1;
  return deleted || number == 0 || in.fail("neither PUT nor DELETE");
}

bool read_event(const field& in, watch_event& out) {
  if (!in.object()) return false;
  const field kv = in.member("kv");
  if (!kv.present()) return kv.fail("missing");
  return read_type(in.member("type"), out.deleted) && read(kv, out.kv);
}

bool read_message(const field& root, watch_message& out) {
  error_document error;
  if (!read(root, error)) return false;
  if (error.found) {
    out.failed = true;
    out.error_code = error.code;
    out.error_text = std::move(error.text);
    return true;
  }
  const field in = root.member("result");
  if (!in.present()) return in.fail("missing");
  return read_header(in, out.header) && in.member("watch_id").read(out.watch_id) &&
         in.member("created").read(out.created) && in.member("canceled").read(out.canceled) &&
         in.member("compact_revision").read(out.compact_revision) &&
         in.member("cancel_reason").read_text(out.cancel_reason) &&
         read_list(in.member("events"), out.events, read_event);
}

}  // namespace

bool parse(std::string_view text, watch_message& out, std::string& why) {
  return parse_with(read_message, text, out, why);
}

}  // namespace tenure::etcd
