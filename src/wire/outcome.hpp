// Failures in the core's words.
#pragma once

#include "core/event.hpp"
#include "etcd/response.hpp"
#include "net/reply.hpp"

namespace tenure::wire {

[[nodiscard]] core::outcome to_outcome(etcd::refusal r);
[[nodiscard]] core::outcome to_outcome(net::delivery d);

}  // namespace tenure::wire
