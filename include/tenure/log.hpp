// The log hook. tenure itself writes to no stream: without a hook it is silent.
#ifndef TENURE_LOG_HPP
#define TENURE_LOG_HPP

#include <cstddef>
#include <functional>
#include <string_view>

namespace tenure {

enum class log_level { debug, info, warning, error };

struct log_field {
  std::string_view key;
  std::string_view value;
};

// Everything in a record is valid only during the call. No record holds a secret.
struct log_record {
  log_level level;
  std::string_view event;  // a stable word, e.g. "lease_granted"
  std::string_view message;
  const log_field* fields;
  std::size_t field_count;
};

// Called on the loop's thread, from the loop, never from within a call into tenure.
// It may call anything of tenure's.
using log_hook = std::function<void(const log_record&)>;

}  // namespace tenure

#endif
