// Words for the trace.
#pragma once

#include <string>

#include "core/action.hpp"

namespace sim {

[[nodiscard]] const char* tell_op(tenure::core::op what);
[[nodiscard]] const char* tell_outcome(tenure::core::outcome what);
// A message: its name, and what is of interest in it.
[[nodiscard]] std::string tell_message(const tenure::core::to_session& what);
[[nodiscard]] std::string tell_message(const tenure::core::to_candidate& what);
[[nodiscard]] const char* tell_cause(tenure::core::cause why);

}  // namespace sim
