// When a signed token ends. etcd gives simple tokens, whose life begins anew with each use, or JSON
// Web Tokens (RFC 7519), which say it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tenure::etcd {

// In seconds since 1970; 0 if this is no such token, or it does not say.
[[nodiscard]] std::int64_t token_end(std::string_view token);

}  // namespace tenure::etcd
