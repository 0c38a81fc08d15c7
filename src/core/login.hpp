// The token that requests carry. Is there one, is it doubted, when may another be asked for?
// `calls` sends the login itself.
#pragma once

#include <cstdint>

#include "core/choices.hpp"
#include "core/time.hpp"

namespace tenure::core {

class login {
 public:
  explicit login(bool needed) : needed_(needed), held_(!needed) {}

  // False: nothing but a login can be sent.
  [[nodiscard]] bool held() const { return held_; }
  // Counts the tokens, so that a refusal of an old one is known as such.
  [[nodiscard]] std::uint32_t number() const { return number_; }

  // That token was refused. False if logging in does not help.
  bool refused(std::uint32_t number);
  // A watch was refused for its token; it waits for another.
  void refused_to_watch();
  // A connection ended without an answer to a request with that token.
  void hung_up(std::uint32_t number);
  // A request was answered, whatever was said.
  void answered() { unanswered_ = 0; }
  // The login is over, with a token or because none is needed. `life`: how long the token is good,
  // whatever it is used for; 0: nobody knows.
  void succeeded(nanos now, nanos life);
  // The pause before the next one counts from `from`. It doubles, times 1 to 3/2: many clients
  // may have been refused at once.
  void failed(nanos from, nanos retry_delay, choices& choose);
  // Nobody waits any more.
  void give_up() {
    watch_waits_ = false;
    renew_at_ = never;
  }

  [[nodiscard]] nanos not_before() const { return not_before_; }
  // Another is asked for then, while this one is still good.
  [[nodiscard]] nanos renew_at() const { return renew_at_; }
  // Wanted, though no request may be waiting.
  [[nodiscard]] bool watch_waits() const { return watch_waits_; }

 private:
  bool needed_;
  bool held_;
  bool watch_waits_ = false;
  int unanswered_ = 0;  // connections in a row that ended without an answer
  std::uint32_t number_ = 0;
  nanos not_before_ = 0;
  nanos renew_at_ = never;
  int failures_ = 0;
};

}  // namespace tenure::core
