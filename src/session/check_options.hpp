// Are these options good? And what the core and the transport make of them.
#pragma once

#include "core/machine.hpp"
#include "net/transport.hpp"
#include "session/kept_files.hpp"
#include "tenure/error.hpp"
#include "tenure/options.hpp"

namespace tenure::detail {

struct checked_options {
  core::settings settings;
  net::transport_config transport;
  kept_names files;
  std::string password;               // wiped by who takes it
  std::vector<std::string> warnings;  // of what is not wrong, but hardly meant
};

// The error names field, value, limit and remedy. Reads the files of `options.tls`.
[[nodiscard]] error check_options(const session_options& options, checked_options& out);

}  // namespace tenure::detail
