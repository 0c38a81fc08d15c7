#include "log_writer.hpp"

#include <time.h>

#include <cstdio>
#include <string>

#include "text.hpp"

namespace tenure::tool {
namespace {

const char* name(log_level level) {
  switch (level) {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
  }
  return "?";
}

}  // namespace

log_hook log_to_stderr(log_level least) {
  return [least](const log_record& record) {
    if (record.level < least) return;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::string line = rfc3339(now) + ' ' + name(record.level) + ' ' + one_word(record.event);
    if (!record.message.empty()) line += " message=" + one_word(record.message);
    for (std::size_t i = 0; i < record.field_count; ++i) {
      line += ' ' + one_word(record.fields[i].key) + '=' + one_word(record.fields[i].value);
    }
    line += '\n';
    std::fputs(line.c_str(), stderr);
  };
}

}  // namespace tenure::tool
