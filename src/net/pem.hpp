// Reads the PEM files that TLS needs. Reading blocks.
#pragma once

#include <string>

#include "base/small_file.hpp"
#include "tenure/error.hpp"

namespace tenure::net {

// Sets `out` to the file's text, and `stamp` to that content's; an empty path is no file. The error
// names the option `field`.
[[nodiscard]] error read_pem(const char* field, const std::string& path, std::string& out,
                             file_stamp& stamp);

}  // namespace tenure::net
