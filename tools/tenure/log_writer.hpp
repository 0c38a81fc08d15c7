// The library's log records, for people, on stderr.
#ifndef TENURE_TOOL_LOG_WRITER_HPP
#define TENURE_TOOL_LOG_WRITER_HPP

#include <tenure/log.hpp>

#include "output.hpp"

namespace tenure::tool {

// A hook that writes records of `least` and above, each as one line. A log is no reason to stop a
// leader: lines that a reader leaves unread for too long are left out, and a line says so.
[[nodiscard]] log_hook log_to(output& to, log_level least);

}  // namespace tenure::tool

#endif
