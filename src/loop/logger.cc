#include "loop/logger.hpp"

#include <vector>

namespace tenure {

void logger::open(log_hook hook, dispatcher* to) {
  hook_ = std::move(hook);
  dispatcher_ = to;
}

void logger::operator()(log_level level, std::string_view event, std::string message,
                        std::initializer_list<std::pair<std::string_view, std::string>> fields) {
  if (!hook_) return;
  std::vector<std::pair<std::string, std::string>> kept(fields.begin(), fields.end());
  dispatcher_->post([this, level, event = std::string(event), message = std::move(message),
                     kept = std::move(kept)] {
    if (!hook_) return;
    std::vector<log_field> shown;
    shown.reserve(kept.size());
    for (const auto& [key, value] : kept) shown.push_back({key, value});
    const log_hook hook = hook_;  // it may close us
    hook({level, event, message, shown.data(), shown.size()});
  });
}

}  // namespace tenure
