// A worker that may run many times, of which one works at a time: the usual loop around an
// election. It stands, works while it leads, stands again after a loss, and on SIGINT or
// SIGTERM gives the leadership up and quits.
//
//     worker APP INSTANCE [ENDPOINT[,ENDPOINT...]]      (endpoints: else ETCDCTL_ENDPOINTS)
//
// Start two of them, stop the one that works, and watch the other take over.
#include <uv.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include <tenure/tenure.hpp>

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t step_every_ms = 200;  // one step of work
constexpr int steps_in_a_unit = 5;            // so many steps make a unit of work
constexpr milliseconds unit_limit{3000};      // a unit that takes longer is given up
constexpr milliseconds resign_limit{5000};    // then we quit, and the lease ends it

class worker {
 public:
  explicit worker(uv_loop_t* loop) : loop_(loop) {
    uv_timer_init(loop_, &step_);
    step_.data = this;
    for (uv_signal_t* signal : {&interrupt_, &terminate_}) {
      uv_signal_init(loop_, signal);
      signal->data = this;
    }
  }

  tenure::error start(const tenure::session_options& options) {
    const auto on_signal = [](uv_signal_t* handle, int) {
      static_cast<worker*>(handle->data)->quit();
    };
    uv_signal_start(&interrupt_, on_signal, SIGINT);
    uv_signal_start(&terminate_, on_signal, SIGTERM);

    tenure::candidate_events on;
    on.acquired = [this](const tenure::leadership& term) { begin(term); };
    on.lost = [this](tenure::reason why, const tenure::error& what) {
      // Nothing to do: the work was stopped by the token, and tenure stands again by itself.
      std::printf("%s lost the leadership (%s) %s\n", name_.c_str(), text(why),
                  what.message.c_str());
    };
    on.position = [this](std::size_t in_front) {
      // The moment to fill caches and open connections: the next term may be ours.
      if (in_front == 1) std::printf("%s is next in line\n", name_.c_str());
    };
    on.trouble = [this](const tenure::error& what) {
      // It is being tried again; leading goes on until the token says otherwise.
      std::fprintf(stderr, "%s: %s\n", name_.c_str(), what.message.c_str());
    };

    name_ = options.instance;
    if (tenure::error failed = session_.open(loop_, options)) return failed;
    return candidate_.stand(session_, {}, std::move(on));
  }

  // Gives the leadership up first, so that the next one need not wait for our lease to run out.
  void quit() {
    if (quitting_) std::_Exit(1);  // told twice: in a hurry
    quitting_ = true;
    const tenure::error refused =
        candidate_.resign(resign_limit, [this](const tenure::error& outcome) {
          std::printf("%s resigned%s\n", name_.c_str(),
                      outcome ? ", unconfirmed: the lease will end it" : "");
          close();
        });
    if (refused) close();
  }

  // The session ends before our own handles do; then the loop has nothing left to turn for.
  void close() {
    const auto close_handles = [this] {
      uv_close(reinterpret_cast<uv_handle_t*>(&step_), nullptr);
      uv_close(reinterpret_cast<uv_handle_t*>(&interrupt_), nullptr);
      uv_close(reinterpret_cast<uv_handle_t*>(&terminate_), nullptr);
    };
    if (!session_.close(close_handles)) close_handles();
  }

 private:
  void begin(const tenure::leadership& term) {
    std::printf("%s leads, fencing token %lld\n", name_.c_str(),
                static_cast<long long>(term.fencing_token));
    term_ = term.token;
    fencing_token_ = term.fencing_token;
    // Told once, whatever ends the term: a loss, or our own resignation.
    told_ = term_.on_cancel([this](tenure::reason) { end(); });
    next_unit();
    uv_timer_start(
        &step_, [](uv_timer_t* timer) { static_cast<worker*>(timer->data)->step(); }, 0,
        step_every_ms);
  }

  void end() {
    uv_timer_stop(&step_);
    // Only now may the key go and somebody else begin. Work on other threads would be waited
    // for here first, within the session's stop grace.
    candidate_.work_stopped(fencing_token_);
  }

  // A unit has a token of its own, cancelled with the term's or by its own limit. Pass it on
  // to whatever does the work: that needs to know nothing of elections.
  void next_unit() {
    unit_ = term_.child(unit_limit);
    steps_done_ = 0;
  }

  void step() {
    // Ask before every step, not only when told: after a freeze this code may run before any
    // callback could, and the token compares the clock itself.
    if (term_.cancelled()) return;
    if (unit_.cancelled()) {
      std::printf("%s gives a unit up (%s)\n", name_.c_str(), text(unit_.why()));
      return next_unit();
    }
    // Here: one step, short enough for the loop. What it writes elsewhere carries the fencing
    // token, so that a store can refuse a leader of the past.
    if (++steps_done_ < steps_in_a_unit) return;
    std::printf("%s finished unit %d\n", name_.c_str(), ++units_done_);
    next_unit();
  }

  uv_loop_t* loop_;
  uv_timer_t step_{};
  uv_signal_t interrupt_{};
  uv_signal_t terminate_{};
  std::string name_;

  tenure::session session_;
  tenure::candidate candidate_;
  tenure::token term_;              // cancelled while we do not lead
  std::int64_t fencing_token_ = 0;  // of that term
  tenure::token unit_;
  tenure::subscription told_;

  int steps_done_ = 0;
  int units_done_ = 0;
  bool quitting_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // whole lines at once, also into a file
  const char* endpoints = argc > 3 ? argv[3] : std::getenv("ETCDCTL_ENDPOINTS");
  if (argc < 3 || !endpoints) {
    std::fprintf(stderr, "usage: worker APP INSTANCE [ENDPOINT[,ENDPOINT...]]\n");
    return 2;
  }

  tenure::session_options options;
  options.app = argv[1];
  options.instance = argv[2];
  std::istringstream list(endpoints);
  for (std::string one; std::getline(list, one, ',');) {
    // etcdctl needs no scheme.
    options.endpoints.push_back(one.find("://") == std::string::npos ? "http://" + one : one);
  }

  uv_loop_t loop;
  uv_loop_init(&loop);
  int exit_code = 0;
  {
    worker one(&loop);
    if (const tenure::error failed = one.start(options)) {
      std::fprintf(stderr, "worker: %s\n", failed.message.c_str());
      one.close();
      exit_code = 2;
    }
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_loop_close(&loop);
  return exit_code;
}
