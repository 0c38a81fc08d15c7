// Single requests to a member's gateway, for the driver's own questions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <uv.h>

#include "test/support/etcd.hpp"

namespace tenure::chaos {

// Blocks for at most that long. GET where there is no body.
[[nodiscard]] test::answer ask(const std::string& url, const std::string& body, int timeout_ms);

struct member_status {
  std::uint64_t id = 0;
  std::uint64_t leader = 0;  // 0: it knows of none
  std::int64_t term = 0;
};

// Of the server, as "3.4.23"; "" if it does not answer in time. Blocks.
[[nodiscard]] std::string ask_version(const std::string& endpoint, int timeout_ms);

// Nothing if it does not answer in time. Blocks.
[[nodiscard]] std::optional<member_status> ask_status(const std::string& endpoint, int timeout_ms);

// The same on a thread of libuv's; `told` is called on the loop. Costs the loop nothing while a
// member is silent.
void ask_status(uv_loop_t* loop, const std::string& endpoint, int timeout_ms,
                std::function<void(const std::optional<member_status>&)> told);

}  // namespace tenure::chaos
