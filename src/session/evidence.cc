#include "session/evidence.hpp"

#include <utility>

namespace tenure::detail {

void evidence::add_trouble(core::nanos when, const std::string& what) {
  trouble_at_ = when;
  last_trouble_ = what;
  text_.reset();
}

std::shared_ptr<const std::string> evidence::text(core::nanos now, const core::counters& c) {
  if (text_ != nullptr && put_at_ == now) return text_;
  put_at_ = now;
  const auto ago = [now](core::nanos at) {
    return at == 0 ? std::string("never")
                   : std::to_string((now - at) / core::millisecond) + " ms ago";
  };
  std::string words = "the last acknowledged keepalive was sent " + ago(c.kept_at) +
                      ", the last confirmation " + ago(c.confirmed_at) + ", under raft term " +
                      std::to_string(c.term);
  if (trouble_at_ != 0)
    words += "; the last failure was " + ago(trouble_at_) + ": " + last_trouble_;
  text_ = std::make_shared<const std::string>(std::move(words));
  return text_;
}

}  // namespace tenure::detail
