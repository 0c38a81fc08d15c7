// Reads the PEM files that TLS needs. Only while a session is opened: reading blocks.
#pragma once

#include <string>

#include "tenure/error.hpp"

namespace tenure::net {

// Appends the file's text to `out`; an empty path is no file. The error names the option `field`.
[[nodiscard]] error read_pem(const char* field, const std::string& path, std::string& out);

}  // namespace tenure::net
