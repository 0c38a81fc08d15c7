// What the command line and the environment asked for, checked and complete.
#ifndef TENURE_TOOL_SETTINGS_HPP
#define TENURE_TOOL_SETTINGS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <tenure/tenure.hpp>

namespace tenure::tool {

// Exit codes of the command.
constexpr int exit_done = 0;
constexpr int exit_could_not_go_on = 1;
constexpr int exit_bad_usage = 2;

enum class output_format { text, json };

struct settings {
  session_options session;          // without the log hook, which needs a writer
  std::vector<std::string> shards;  // at least one unless `all`; "" stands for APP/leader
  bool all = false;                 // `observe` only: every shard there is
  output_format format = output_format::text;
  std::optional<log_level> log;  // write records of this level and above to stderr

  // `campaign` only.
  bool once = false;                // after a loss do not campaign again
  milliseconds resign_limit{5000};  // for a resignation, from the signal on
  milliseconds stop_work{0};        // time that the pretended work needs to stop
};

}  // namespace tenure::tool

#endif
