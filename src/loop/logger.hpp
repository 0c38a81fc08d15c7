// Log records on their way to the user's hook.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "loop/dispatcher.hpp"
#include "tenure/log.hpp"

namespace tenure {

class logger {
 public:
  void open(log_hook hook, dispatcher* to);
  void silence() { hook_ = nullptr; }
  void operator()(log_level level, std::string_view event, std::string message,
                  std::initializer_list<std::pair<std::string_view, std::string>> fields = {});
  // Whether anybody listens. If not, costly messages need not be put together.
  [[nodiscard]] bool heard() const { return static_cast<bool>(hook_); }

 private:
  log_hook hook_;
  dispatcher* dispatcher_ = nullptr;
};

}  // namespace tenure
