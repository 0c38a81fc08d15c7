// Thirty jobs, shared out among as many of these as run: each job runs in one process at a time. On
// SIGINT or SIGTERM all jobs are stopped and handed over, one by one, and the process quits.
//
//     jobs --instance NAME [--endpoints URL[,URL...]] [--app APP] [--jobs N] [--quota N] [--ttl
//     SECONDS]
//
// (endpoints: else ETCDCTL_ENDPOINTS). One JSON object a line tells what happens, as the command
// `tenure campaign --format json` does. `make rolling` restarts three of them in turn.
#include <getopt.h>
#include <time.h>
#include <uv.h>

#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <tenure/tenure.hpp>

namespace {

constexpr std::uint64_t step_every_ms = 100;

struct choices {
  tenure::session_options session;
  tenure::job_runner_options runner;
  long jobs = 30;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

class service {
 public:
  service(uv_loop_t* loop, choices chosen) : loop_(loop), chosen_(std::move(chosen)) {
    uv_timer_init(loop_, &step_);
    step_.data = this;
    for (uv_signal_t* signal : {&interrupt_, &terminate_}) {
      uv_signal_init(loop_, signal);
      signal->data = this;
    }
  }

  tenure::error start() {
    tenure::session_events of_all;
    of_all.trouble = [this](const tenure::error& why) {
      tell("error", "", ",\"message\":" + quoted(why.message));
    };
    if (tenure::error failed = session_.open(loop_, chosen_.session, std::move(of_all)))
      return failed;
    std::vector<tenure::job> jobs;
    for (long i = 0; i < chosen_.jobs; ++i) {
      char name[32];
      std::snprintf(name, sizeof name, "job-%02ld", i);
      works_.push_back({name, {}, 0});
    }
    for (work& each : works_) jobs.push_back(make(each));
    tenure::job_runner_events on;
    on.failed = [this](const std::string& job, const tenure::error& why) {
      tell("failed", job, ",\"message\":" + quoted(why.message));
    };
    on.trouble = [this](const std::string& job, const tenure::error& why) {
      tell("error", job, ",\"message\":" + quoted(why.message));
    };
    if (tenure::error failed =
            runner_.run(session_, std::move(jobs), chosen_.runner, std::move(on)))
      return failed;

    const auto on_signal = [](uv_signal_t* handle, int) {
      static_cast<service*>(handle->data)->quit();
    };
    uv_signal_start(&interrupt_, on_signal, SIGINT);
    uv_signal_start(&terminate_, on_signal, SIGTERM);
    uv_timer_start(
        &step_, [](uv_timer_t* t) { static_cast<service*>(t->data)->step(); }, step_every_ms,
        step_every_ms);
    return {};
  }

  // First the jobs go: each is handed over as soon as it has stopped. Then the session closes, then
  // our own handles do.
  void quit() {
    if (quitting_) std::_Exit(1);  // told twice: in a hurry
    quitting_ = true;
    if (!runner_.close([this] { close(); })) close();
  }

  void close() {
    const auto close_handles = [this] {
      for (auto* handle :
           {reinterpret_cast<uv_handle_t*>(&step_), reinterpret_cast<uv_handle_t*>(&interrupt_),
            reinterpret_cast<uv_handle_t*>(&terminate_)}) {
        uv_close(handle, nullptr);
      }
    };
    if (!session_.close(close_handles)) close_handles();
  }

 private:
  struct work {
    std::string name;
    tenure::token token;  // cancelled while the job does not run here
    std::uint64_t steps = 0;
  };

  tenure::job make(work& one) {
    tenure::job made;
    made.name = one.name;
    made.start = [this, &one](const tenure::leadership& term) -> tenure::error {
      one.token = term.token;
      tell("acquired", one.name, ",\"fencing_token\":" + std::to_string(term.fencing_token));
      return {};
    };
    made.stop = [this, &one](tenure::reason why, const std::function<void()>& stopped) {
      // What works on other threads would be waited for here, within the session's stop grace.
      one.token = {};
      tell("stopped", one.name, std::string(",\"reason\":\"") + name(why) + '"');
      stopped();
    };
    return made;
  }

  void step() {
    for (work& each : works_) {
      if (each.token.cancelled()) continue;
      ++each.steps;  // here: a step of the job's work, short enough for the loop
    }
  }

  void tell(const char* event, const std::string& job, const std::string& more) {
    timespec monotonic{};
    timespec wall{};
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    clock_gettime(CLOCK_REALTIME, &wall);
    tm utc{};
    gmtime_r(&wall.tv_sec, &utc);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    std::printf("{\"event\":\"%s\",\"app\":%s,\"shard\":%s,\"instance\":%s,\"t_ns\":%" PRId64
                ",\"time\":\"%s.%09ldZ\"%s}\n",
                event, quoted(chosen_.session.app).c_str(), quoted(job).c_str(),
                quoted(chosen_.session.instance).c_str(),
                std::int64_t{monotonic.tv_sec} * 1000000000 + monotonic.tv_nsec, date, wall.tv_nsec,
                more.c_str());
  }

  uv_loop_t* loop_;
  const choices chosen_;
  uv_timer_t step_{};
  uv_signal_t interrupt_{};
  uv_signal_t terminate_{};
  tenure::session session_;
  tenure::job_runner runner_;
  std::vector<work> works_;
  bool quitting_ = false;
};

bool read(int argc, char** argv, choices& out) {
  static const option table[] = {{"instance", required_argument, nullptr, 'i'},
                                 {"endpoints", required_argument, nullptr, 'e'},
                                 {"app", required_argument, nullptr, 'a'},
                                 {"jobs", required_argument, nullptr, 'j'},
                                 {"quota", required_argument, nullptr, 'q'},
                                 {"ttl", required_argument, nullptr, 't'},
                                 {nullptr, 0, nullptr, 0}};
  const char* endpoints = std::getenv("ETCDCTL_ENDPOINTS");
  out.session.app = "jobs";
  for (int found = 0; (found = getopt_long(argc, argv, "", table, nullptr)) != -1;) {
    const long number = optarg != nullptr ? std::strtol(optarg, nullptr, 10) : 0;
    switch (found) {
      case 'i': out.session.instance = optarg; break;
      case 'e': endpoints = optarg; break;
      case 'a': out.session.app = optarg; break;
      case 'j': out.jobs = number; break;
      case 'q': out.runner.quota = static_cast<std::size_t>(number); break;
      case 't': out.session.ttl = std::chrono::seconds(number); break;
      default: return false;
    }
  }
  if (endpoints == nullptr || out.session.instance.empty() || optind != argc || out.jobs < 1 ||
      out.jobs > 100)
    return false;
  std::istringstream list(endpoints);
  for (std::string one; std::getline(list, one, ',');) {
    // etcdctl needs no scheme.
    out.session.endpoints.push_back(one.find("://") == std::string::npos ? "http://" + one : one);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  choices chosen;
  if (!read(argc, argv, chosen)) {
    std::fprintf(stderr,
                 "usage: jobs --instance NAME [--endpoints URL[,URL...]] [--app APP] [--jobs "
                 "1..100] [--quota N] [--ttl SECONDS]\n");
    return 2;
  }
  uv_loop_t loop;
  uv_loop_init(&loop);
  int exit_code = 0;
  {
    service one(&loop, std::move(chosen));
    if (const tenure::error failed = one.start()) {
      std::fprintf(stderr, "jobs: %s\n", failed.message.c_str());
      one.close();
      exit_code = 2;
    }
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_loop_close(&loop);
  return exit_code;
}
