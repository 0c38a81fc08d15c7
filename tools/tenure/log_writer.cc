#include "log_writer.hpp"

#include <time.h>

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

log_hook log_to(output& to, log_level least) {
  return [&to, least, left_out = 0](const log_record& record) mutable {
    if (record.level < least) return;
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::string line = rfc3339(now) + ' ' + name(record.level) + ' ' + one_word(record.event);
    if (!record.message.empty()) line += " message=" + one_word(record.message);
    for (std::size_t i = 0; i < record.field_count; ++i) {
      line += ' ' + one_word(record.fields[i].key) + '=' + one_word(record.fields[i].value);
    }
    if (left_out > 0) line += " records_left_out=" + std::to_string(left_out);
    line += '\n';
    left_out = to.write(line) == 0 ? 0 : left_out + 1;
  };
}

}  // namespace tenure::tool
