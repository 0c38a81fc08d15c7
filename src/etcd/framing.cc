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
      if (depth_ < 3) outer_[depth_] = c;
      if (++depth_ == 3) {
        before_list_ = begun_.size() + i + 1;
        // What stands before the list is read again with each part. So a document with a long text
        // there is handed out whole.
        in_list_ = outer_[0] == '{' && outer_[1] == '{' && c == '[' && before_list_ <= part_;
      }
    } else if (c == '}' || c == ']') {
      if (--depth_ == 0) return i + 1;
    } else if (c == ',' && depth_ == 3 && in_list_ && i + begun_.size() >= part_) {
      partial_ = true;
      return i;
    }
  }
  return bytes.size();
}

}  // namespace tenure::etcd
