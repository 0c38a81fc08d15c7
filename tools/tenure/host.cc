#include "host.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <utility>

#include "log_writer.hpp"

namespace tenure::tool {
namespace {

constexpr std::uint64_t output_check_interval_ms = 1000;
constexpr std::uint64_t output_retry_ms = 5;

// How much may wait for a reader. All elections may end at once, so there is room for what several
// terms of each of them say.
constexpr std::size_t kept_at_least = std::size_t{1} << 20;
constexpr std::size_t kept_for_an_election = std::size_t{1} << 13;
constexpr std::size_t elections_at_most = 10'000;

std::size_t kept_for(const settings& chosen) {
  return kept_at_least +
         kept_for_an_election * (chosen.all ? elections_at_most : chosen.shards.size());
}

struct delayed {
  uv_timer_t timer{};
  std::function<void()> then;
};

uv_handle_t* as_handle(void* handle) { return static_cast<uv_handle_t*>(handle); }

error from_uv(const char* what, int status) {
  return {errc::system, std::string(what) + ": " + uv_strerror(status)};
}

std::string why_broken(int error_number) {
  if (error_number != ENOBUFS && error_number != ETIMEDOUT) return std::strerror(error_number);
  return "its reader does not read: let it, or send stdout to a file or to /dev/null";
}

}  // namespace

int exit_code_of(const error& failed) noexcept {
  return failed.code == errc::invalid_argument || failed.code == errc::unsafe_timing
             ? exit_bad_usage
             : exit_could_not_go_on;
}

host::host(const settings& chosen, orders given)
    : chosen_(chosen),
      orders_(std::move(given)),
      stdout_(STDOUT_FILENO, kept_for(chosen)),
      stderr_(STDERR_FILENO, kept_at_least),
      events_(stdout_, chosen, [this](int error_number) { stdout_broken(error_number); }) {
  if (chosen_.log) chosen_.session.log = log_to(stderr_, *chosen_.log);
}

error host::open(session_events events) {
  // A reader of stdout that goes away is an error of write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (const int status = uv_loop_init(&loop_)) return from_uv("uv_loop_init", status);
  error failed = listen();
  if (!failed) failed = session_.open(&loop_, chosen_.session, std::move(events));
  if (failed) {
    close_handles();
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
  }
  return failed;
}

error host::listen() {
  const auto on_signal = [](uv_signal_t* handle, int number) {
    static_cast<host*>(handle->data)->told(number);
  };
  for (uv_signal_t* handle : {&terminate_, &interrupt_, &hand_over_}) {
    uv_signal_init(&loop_, handle);
    handle->data = this;
  }
  uv_prepare_init(&loop_, &before_waiting_);
  before_waiting_.data = this;
  uv_prepare_start(&before_waiting_, before_waiting);
  uv_timer_init(&loop_, &output_check_);
  output_check_.data = this;
  uv_timer_start(&output_check_, on_output_check, output_check_interval_ms,
                 output_check_interval_ms);

  for (const auto& [handle, number] :
       {std::pair(&terminate_, SIGTERM), std::pair(&interrupt_, SIGINT),
        std::pair(&hand_over_, SIGUSR1)}) {
    if (number == SIGUSR1 && !orders_.hand_over) continue;
    if (const int status = uv_signal_start(handle, on_signal, number))
      return from_uv("uv_signal_start", status);
  }
  return {};
}

void host::on_output_check(uv_timer_t* timer) {
  auto* self = static_cast<host*>(timer->data);
  self->events_.check();
  if (self->output_broken_) self->stop();
}

// It looks by a timer. libuv would make a descriptor that it polls non-blocking, also for those who
// share it.
void host::before_waiting(uv_prepare_t* handle) {
  auto* self = static_cast<host*>(handle->data);
  self->events_.flush();
  (void)self->stderr_.flush();
  if (!self->events_.waiting() && !self->stderr_.waiting()) return;
  uv_timer_start(&self->output_check_, on_output_check, output_retry_ms, output_check_interval_ms);
}

int host::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  if (uv_loop_close(&loop_) != 0) {
    complain("handles were left on the loop: this is a defect of tenure");
    exit_code_ = exit_could_not_go_on;
  }
  // Nothing is held any more, neither in etcd nor on the loop: now it may take its time.
  events_.finish();
  (void)stderr_.finish(reader_patience_ms);
  return exit_code_;
}

void host::told(int signal) {
  if (signal == SIGUSR1) {
    if (!stopping_) orders_.hand_over();
  } else if (std::exchange(told_to_stop_, true)) {
    _exit(exit_could_not_go_on);  // told twice: somebody is in a hurry; etcd's lease cleans up
  } else {
    stop();
  }
}

void host::stop() {
  if (std::exchange(stopping_, true)) return;
  orders_.stop();
}

void host::finish(int exit_code) {
  if (exit_code_ == exit_done) exit_code_ = exit_code;
  stopping_ = true;
  if (std::exchange(finishing_, true)) return;
  if (!session_.close([this] { close_handles(); })) close_handles();
}

void host::trouble(event what, const error& why) {
  events_.write(what.add(why));
  if (exit_code_of(why) != exit_bad_usage) return;
  // For example, etcd grants a TTL into which the other times do not fit. That stays so.
  if (exit_code_ == exit_done) exit_code_ = exit_bad_usage;
  complain(why.message);
  stop();
}

void host::complain(const std::string& message) {
  (void)stderr_.write("tenure: " + message + '\n');
}

void host::close_handles() {
  for (void* handle : {static_cast<void*>(&terminate_), static_cast<void*>(&interrupt_),
                       static_cast<void*>(&hand_over_), static_cast<void*>(&before_waiting_),
                       static_cast<void*>(&output_check_)}) {
    uv_close(as_handle(handle), nullptr);
  }
}

void host::after(milliseconds delay, std::function<void()> then) {
  auto* waiting = new delayed;
  waiting->then = std::move(then);
  waiting->timer.data = waiting;
  uv_timer_init(&loop_, &waiting->timer);
  uv_update_time(&loop_);  // else the delay would count from the start of this turn
  const auto on_time = [](uv_timer_t* timer) {
    const auto run = std::move(static_cast<delayed*>(timer->data)->then);
    uv_close(as_handle(timer),
             [](uv_handle_t* handle) { delete static_cast<delayed*>(handle->data); });
    run();
  };
  // One more: libuv's clock has whole milliseconds, so the timer could be early by a part of one.
  uv_timer_start(&waiting->timer, on_time, static_cast<std::uint64_t>(delay.count()) + 1, 0);
}

// Stopping resigns and writes events of its own. So it must not start in the middle of an event.
void host::stdout_broken(int error_number) {
  output_broken_ = true;
  if (error_number != EPIPE) {
    complain("stdout cannot be written, stopping: " + why_broken(error_number));
    if (exit_code_ == exit_done) exit_code_ = exit_could_not_go_on;
  }
  if (!finishing_) uv_timer_start(&output_check_, on_output_check, 0, output_check_interval_ms);
}

}  // namespace tenure::tool
