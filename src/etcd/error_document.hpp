// The shapes in which etcd's gateways, and proxies in front of them, word an error in JSON.
#pragma once

#include <string>
#include <string_view>

#include "etcd/field.hpp"

namespace tenure::etcd {

struct error_document {
  bool found = false;  // it is an error document at all
  int code = 0;        // gRPC code, 0 if it has none
  std::string text;
};

// Reads the root of a document. False, and reported, if a member has the wrong type.
[[nodiscard]] bool read(const field& root, error_document& out);
// Parses and reads; false if that fails in any way. `out.found` false: JSON, but not an error.
[[nodiscard]] bool parse(std::string_view body, error_document& out);

}  // namespace tenure::etcd
