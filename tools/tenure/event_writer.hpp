// One event, one line: as text for people or as a JSON object for programs.
#ifndef TENURE_TOOL_EVENT_WRITER_HPP
#define TENURE_TOOL_EVENT_WRITER_HPP

#include <time.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "output.hpp"
#include "settings.hpp"

namespace tenure::tool {

// Something that happened. It is stamped when it is constructed: do that first in a callback.
class event {
 public:
  explicit event(const char* name, std::string_view shard = {});

  event& add(const char* key, std::int64_t value);
  event& add(const char* key, std::string_view value);
  event& add(const error& why);  // message, code and etcd_code, as far as there are any

 private:
  friend class event_writer;
  using value = std::variant<std::int64_t, std::string>;

  timespec monotonic_{};
  timespec wall_{};
  const char* name_;
  std::string shard_;
  std::vector<std::pair<const char*, value>> fields_;
};

// Who leads: the instance's name, or the key's value if it is not in tenure's format. "": nobody.
[[nodiscard]] event leader_event(std::string_view shard, const leader_info& info);

class event_writer {
 public:
  // `broken` is called once when nothing can be written any more, from within one of the others.
  event_writer(output& to, const settings& chosen, std::function<void(int error_number)> broken);

  void write(const event& what);
  // Writes what the reader did not take at once, as far as it takes it now.
  void flush();
  // The same, and looks whether the reader of a pipe has gone.
  void check();
  // Waits for the reader at the end, but not for long.
  void finish();
  [[nodiscard]] bool waiting() const noexcept { return to_ && to_->waiting(); }

 private:
  std::string as_json(const event& what) const;
  std::string as_text(const event& what) const;
  void told(int error_number);

  output* to_;  // null: broken
  output_format format_;
  std::string app_;
  std::string instance_;
  std::function<void(int)> broken_;
};

}  // namespace tenure::tool

#endif
