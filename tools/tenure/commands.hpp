// The subcommands: each runs until it is done and returns the exit code.
#ifndef TENURE_TOOL_COMMANDS_HPP
#define TENURE_TOOL_COMMANDS_HPP

#include "settings.hpp"

namespace tenure::tool {

[[nodiscard]] int campaign(const settings& chosen);
[[nodiscard]] int observe(const settings& chosen);

}  // namespace tenure::tool

#endif
