// Standard padded base64 (RFC 4648, section 4), the only form that all of etcd's gateways take.
#pragma once

#include <string>
#include <string_view>

namespace tenure::etcd {

void append_base64(std::string& out, std::string_view bytes);

// Strict: the standard alphabet, full padding, no white space, no stray bits. After false `out` is
// empty, whatever was in it.
[[nodiscard]] bool decode_base64(std::string_view text, std::string& out);

}  // namespace tenure::etcd
