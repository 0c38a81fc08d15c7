// The measured process of the job runner: one session, any number of jobs that do nothing. Any
// input closes it.
#include <uv.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tenure/tenure.hpp"
#include "test/bench/contender.hpp"
#include "test/bench/raw.hpp"

namespace bench {

namespace {

class service {
 public:
  service(const std::vector<std::string>& args, uv_loop_t* loop) {
    tenure::session_options of_all;
    of_all.endpoints = {args.at(0)};
    of_all.app = args.at(1);
    of_all.instance = args.at(2);
    if (auto e = session_.open(loop, of_all)) fail(e.message);
    const auto count = static_cast<std::size_t>(std::atoi(args.at(3).c_str()));
    std::vector<tenure::job> jobs(count);
    for (std::size_t i = 0; i < count; ++i) {
      jobs[i].name = "s" + std::to_string(10000 + i);
      jobs[i].start = [this, count](const tenure::leadership&) {
        if (++started_ == count) say("leading");
        return tenure::error{};
      };
      jobs[i].stop = [](tenure::reason, const std::function<void()>& stopped) { stopped(); };
    }
    tenure::job_runner_options options;
    options.balance = args.at(4) == "balance";
    if (auto e = runner_.run(session_, std::move(jobs), options)) fail(e.message);
    uv_pipe_init(loop, &in_, 0);
    uv_pipe_open(&in_, 0);
    in_.data = this;
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&in_),
        [](uv_handle_t* h, std::size_t, uv_buf_t* buffer) {
          auto* self = static_cast<service*>(h->data);
          *buffer = uv_buf_init(self->bytes_, sizeof self->bytes_);
        },
        [](uv_stream_t* s, ssize_t, const uv_buf_t*) {
          uv_read_stop(s);
          static_cast<service*>(s->data)->quit();
        });
  }

 private:
  static void say(const char* what) {
    std::printf("%s %" PRId64 "\n", what, now_ns());
    std::fflush(stdout);
  }
  void quit() {
    runner_.close([this] {
      session_.close([this] {
        say("closed");
        uv_close(reinterpret_cast<uv_handle_t*>(&in_), nullptr);
      });
    });
  }

  tenure::session session_;
  tenure::job_runner runner_;
  std::size_t started_ = 0;
  uv_pipe_t in_{};
  char bytes_[256];
};

}  // namespace

int run_jobs(const std::vector<std::string>& args) {
  uv_loop_t* loop = uv_default_loop();
  // Not freed: its handles end with the process.
  new service(args, loop);
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}

}  // namespace bench
