#include "etcd/framing.hpp"

namespace tenure::etcd {

void framing::start_(std::string_view& bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  bytes.remove_prefix(first == std::string_view::npos ? bytes.size() : first);
  if (bytes.empty()) return;
  if (bytes.front() == '{') {
    begun_.clear();  // also after a stop, which leaves the last document here
    in_string_ = escaped_ = false;
  } else {
    bad_ = true;
  }
}

std::size_t framing::scan_(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return i + 1;
    }
  }
  return bytes.size();
}

}  // namespace tenure::etcd
