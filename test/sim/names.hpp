// Words for the trace.
#pragma once

#include "core/action.hpp"

namespace sim {

[[nodiscard]] const char* tell_op(tenure::core::op what);
[[nodiscard]] const char* tell_outcome(tenure::core::outcome what);
[[nodiscard]] const char* tell_news(tenure::core::news what);
[[nodiscard]] const char* tell_cause(tenure::core::cause why);

}  // namespace sim
