// What a server can say that is not so.
#pragma once

#include <cstdint>

#include "test/fuzz/conversation/model.hpp"

namespace fuzz {

// Makes one change after which the answer contradicts itself, or the question (null: a watch's
// message), or does no harm whoever believes it.
void contradict(json& answer, const json* question, unsigned kind, unsigned where,
                const model& truth);

// Makes any change at all. What comes out may be a lie that nobody can see.
void mutate(json& answer, unsigned kind, unsigned where, unsigned with, std::int64_t revision);

}  // namespace fuzz
