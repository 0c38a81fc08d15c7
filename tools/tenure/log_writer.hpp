// The library's log records, for people, on stderr.
#ifndef TENURE_TOOL_LOG_WRITER_HPP
#define TENURE_TOOL_LOG_WRITER_HPP

#include <tenure/log.hpp>

namespace tenure::tool {

// A hook that writes records of `least` and above, each as one line.
[[nodiscard]] log_hook log_to_stderr(log_level least);

}  // namespace tenure::tool

#endif
