// Every combination of the first choices of small worlds.
#pragma once

#include <cstddef>

namespace sim {

class world;

// `brief`: ends with the first failure, and tells no more of it than the rule. 0 if all rules hold.
int exhaust(world& w, std::size_t deepest, bool brief);

}  // namespace sim
