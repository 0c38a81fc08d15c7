// What an answer of etcd's, or a message of the watch, says besides what the core judges. It
// travels with the event, and counts only where the core says so.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "etcd/response.hpp"
#include "tenure/error.hpp"
#include "wire/decode.hpp"

namespace tenure::detail {

struct said {
  error failure;                           // why it is no success
  std::optional<std::string> token;        // of a login; empty if there is none to be had
  std::vector<wire::leader_read> leaders;  // of a read of leaders
  std::vector<etcd::key_value> page;       // of a read of all keys
  std::vector<etcd::watch_event> changes;  // of the watch, also those of unknown elections
};

}  // namespace tenure::detail
