// The history as a picture: who led when, and what was done to whom.
#pragma once

#include <string>

#include "test/chaos/checker.hpp"
#include "test/chaos/history.hpp"

namespace tenure::chaos {

[[nodiscard]] std::string draw_timeline(const history& of, const verdict& judged);

}  // namespace tenure::chaos
