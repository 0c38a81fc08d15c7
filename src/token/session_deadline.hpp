// The deadline that the tokens of a session's leaderships share. The core moves it from step to
// step. The session and the simulation host the core with this same class.
#pragma once

#include <cstdint>

#include "core/belief.hpp"
#include "token/token_state.hpp"

namespace tenure::detail {

class session_deadline {
 public:
  session_deadline() = default;
  session_deadline(const session_deadline&) = delete;
  session_deadline& operator=(const session_deadline&) = delete;
  ~session_deadline() { drop(); }

  // For a leadership that begins in this step of the core; null: no memory.
  shared_deadline* begin_term(shared_deadline::clock now, std::uint32_t life,
                              const core::belief& held);
  // At the end of each step. False: it has passed, but the core still believes in leaderships. The
  // core has to hear of it (core::expired).
  [[nodiscard]] bool move(const core::belief& held);
  // All tokens end now, for this reason.
  void end(reason why);
  void drop();

  // Where it was moved to last; 0 if there is none.
  [[nodiscard]] core::nanos until() const { return until_; }

 private:
  shared_deadline* shared_ = nullptr;
  std::int64_t lease_ = 0;
  core::nanos until_ = 0;
  bool used_ = false;  // leaderships hang on it
};

}  // namespace tenure::detail
