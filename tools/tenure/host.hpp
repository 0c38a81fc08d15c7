// What both subcommands stand on: a loop, a session on it, and the signals that end it.
#ifndef TENURE_TOOL_HOST_HPP
#define TENURE_TOOL_HOST_HPP

#include <uv.h>

#include <functional>

#include <tenure/tenure.hpp>

#include "event_writer.hpp"
#include "output.hpp"
#include "settings.hpp"

namespace tenure::tool {

class host {
 public:
  // What the subcommand does when it is told something. `stop` is called once at most.
  struct orders {
    std::function<void()> stop;       // SIGTERM, SIGINT, or nobody reads the events any more
    std::function<void()> hand_over;  // SIGUSR1; empty: the signal keeps its default effect
  };

  host(const settings& chosen, orders given);
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  // Opens session and signals. After an error only the destructor may follow.
  [[nodiscard]] error open(session_events events);
  // Turns the loop until `finish` has closed everything; returns the exit code.
  [[nodiscard]] int run();
  // Ends the session and then the loop. The first exit code other than 0 counts.
  void finish(int exit_code);

  // Tells of something that failed and is tried again. Stops if no further try could succeed.
  void trouble(event what, const error& why);
  // A line for people, on stderr, that waits for no reader.
  void complain(const std::string& message);
  // Calls `then` once, from the loop, when `delay` is over. It keeps the loop alive, so the call
  // comes before `run` ends.
  void after(milliseconds delay, std::function<void()> then);

  [[nodiscard]] tenure::session& session() noexcept { return session_; }
  [[nodiscard]] event_writer& events() noexcept { return events_; }
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }

 private:
  error listen();
  static void on_output_check(uv_timer_t* timer);
  static void before_waiting(uv_prepare_t* handle);
  void told(int signal);
  void stop();
  void close_handles();
  void stdout_broken(int error_number);

  settings chosen_;
  orders orders_;
  output stdout_;
  output stderr_;
  event_writer events_;
  uv_loop_t loop_{};
  uv_signal_t terminate_{};
  uv_signal_t interrupt_{};
  uv_signal_t hand_over_{};
  uv_prepare_t before_waiting_{};
  uv_timer_t output_check_{};  // also carries a broken stdout out of the callback that noticed
  tenure::session session_;
  bool told_to_stop_ = false;
  bool stopping_ = false;
  bool finishing_ = false;
  bool output_broken_ = false;
  int exit_code_ = exit_done;
};

// The exit code that a refusal by the library deserves.
[[nodiscard]] int exit_code_of(const error& failed) noexcept;

}  // namespace tenure::tool

#endif
