// The parts that several kinds of answers have in common.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/field.hpp"
#include "etcd/response.hpp"

namespace tenure::etcd {

// Each is true if the field is of this shape or absent, and sets `out` wholly. Else reports.
[[nodiscard]] bool read(const field& in, header& out);
[[nodiscard]] bool read(const field& in, key_value& out);

// The member `header` of `in`. It must be there and name a cluster. Without one it is no answer of
// etcd's: nothing can be concluded from it, not even that something is absent.
[[nodiscard]] bool read_header(const field& in, header& out);

// The elements of an array, each read by `read_one`. The list grows as it goes: elements of the
// wrong kind can be much smaller in the text than in memory.
template <class T>
[[nodiscard]] bool read_list(const field& in, std::vector<T>& out,
                             bool (*read_one)(const field&, T&)) {
  out.clear();
  if (!in.array()) return false;
  const std::size_t size = in.size();
  out.reserve(std::min(size, std::size_t{128}));
  for (std::size_t i = 0; i < size; ++i) {
    out.emplace_back();
    if (!read_one(in.element(i), out.back())) return false;
  }
  return true;
}

// Parses `body` and gives its root to `read_root(root, out)`. If that fails, `out` is empty: no
// part of it is handed out.
template <class Out>
[[nodiscard]] bool parse_with(bool (*read_root)(const field&, Out&), std::string_view body,
                              Out& out, std::string& why) {
  out = Out();
  etcd::document json;
  if (json.parse(body, why) && read_root(field(json, why), out)) return true;
  out = Out();
  return false;
}

}  // namespace tenure::etcd
