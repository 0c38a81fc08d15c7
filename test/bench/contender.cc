// The measured process: one session with any number of candidates on one loop, which does what
// lines on its standard input say and writes when things happened (CLOCK_MONOTONIC, ns) to its
// standard output.
//
//   resign, again, close     all candidates, or the session
//   turns                    from now on count the loop's turns
//   told                     say how long they took
//   requests                 say how many requests were sent
#include "test/bench/contender.hpp"

#include <uv.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "tenure/tenure.hpp"
#include "test/bench/raw.hpp"
#include "test/bench/turns.hpp"

namespace bench {

namespace {

class contender {
 public:
  contender(const std::vector<std::string>& args, uv_loop_t* loop) : loop_(loop), turns_(loop) {
    options_.endpoints = {args.at(0)};
    options_.app = args.at(1);
    options_.instance = args.at(2);
    count_ = static_cast<std::size_t>(std::atoi(args.at(3).c_str()));
    options_.ttl = std::chrono::seconds(std::atoi(args.at(4).c_str()));
    if (args.size() > 5) {
      options_.tls.ca_file = args[5] + "/ca.pem";
      options_.tls.cert_file = args[5] + "/client.pem";
      options_.tls.key_file = args[5] + "/client.key";
    }
    candidates_.resize(count_);
    terms_.resize(count_);
  }

  void start() {
    say("open");
    must(session_.open(loop_, options_));
    for (std::size_t i = 0; i < count_; ++i) stand(i);
    uv_pipe_init(loop_, &in_, 0);
    uv_pipe_open(&in_, 0);
    in_.data = this;
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&in_),
        [](uv_handle_t* h, std::size_t, uv_buf_t* buffer) {
          auto* self = static_cast<contender*>(h->data);
          *buffer = uv_buf_init(self->bytes_, sizeof self->bytes_);
        },
        [](uv_stream_t* s, ssize_t n, const uv_buf_t* buffer) {
          auto* self = static_cast<contender*>(s->data);
          if (n < 0) {
            uv_close(reinterpret_cast<uv_handle_t*>(&self->in_), nullptr);
            return;
          }
          for (ssize_t i = 0; i < n; ++i) {
            if (buffer->base[i] != '\n') {
              self->line_ += buffer->base[i];
              continue;
            }
            self->obey(self->line_);
            self->line_.clear();
          }
        });
  }

 private:
  static void must(const tenure::error& e) {
    if (e) fail(e.message);
  }

  static void say(const char* what, std::int64_t number) {
    std::printf("%s %" PRId64 "\n", what, number);
    std::fflush(stdout);
  }
  static void say(const char* what) { say(what, now_ns()); }

  void stand(std::size_t i) {
    tenure::candidate_options where;
    if (count_ > 1) where.shard = "s" + std::to_string(10000 + i);
    tenure::candidate_events on;
    on.acquired = [this, i](const tenure::leadership& term) {
      terms_[i] = term.fencing_token;
      if (++leading_ == count_) say("leading");
      if (count_ == 1) told_ = term.token.on_cancel([](tenure::reason) { say("cancelled"); });
    };
    on.lost = [this, i](tenure::reason, const tenure::error&) {
      --leading_;
      candidates_[i].work_stopped(terms_[i]);
      if (++lost_ < count_) return;
      lost_ = 0;
      say("lost");
    };
    on.resigned = [this] {
      if (++resigned_ != count_) return;
      say("resign", resign_called_);
      say("resigned");
    };
    on.position = [this](std::size_t) {
      if (++queued_ == count_) say("queued");
    };
    must(candidates_[i].stand(session_, where, std::move(on)));
  }

  void obey(const std::string& what) {
    turns_.skip();
    if (what == "resign") {
      resigned_ = queued_ = lost_ = 0;
      leading_ = 0;
      resign_called_ = now_ns();  // told later: writing now would be in the way of what is measured
      for (std::size_t i = 0; i < count_; ++i) {
        must(candidates_[i].resign(std::chrono::minutes(1)));
        candidates_[i].work_stopped(terms_[i]);
      }
    } else if (what == "again") {
      for (tenure::candidate& c : candidates_) must(c.stand_again());
    } else if (what == "turns") {
      turns_.begin();
    } else if (what == "told") {
      for (const sample* s : {&turns_.wall_us(), &turns_.cpu_us()}) {
        std::printf("%s %zu %.3f %.3f %.3f %.3f\n", s == &turns_.wall_us() ? "wall" : "cpu",
                    s->size(), s->median(), s->p99(), s->quantile(0.999), s->worst());
      }
      std::fflush(stdout);
    } else if (what == "requests") {
      say("requests", static_cast<std::int64_t>(session_.stats().requests));
    } else if (what == "close") {
      say("close");
      session_.close([this] {
        say("closed");
        uv_close(reinterpret_cast<uv_handle_t*>(&in_), nullptr);
      });
      for (std::size_t i = 0; i < count_; ++i) candidates_[i].work_stopped(terms_[i]);
    } else {
      fail("unknown command " + what);
    }
  }

  uv_loop_t* loop_;
  turns turns_;
  tenure::session_options options_;
  tenure::session session_;
  std::size_t count_ = 1;
  std::vector<tenure::candidate> candidates_;
  std::vector<std::int64_t> terms_;  // the fencing token of each one's last
  tenure::subscription told_;
  std::size_t leading_ = 0;
  std::size_t lost_ = 0;
  std::size_t resigned_ = 0;
  std::int64_t resign_called_ = 0;
  std::size_t queued_ = 0;
  uv_pipe_t in_{};
  char bytes_[256];
  std::string line_;
};

}  // namespace

int contend(const std::vector<std::string>& args) {
  uv_loop_t* loop = uv_default_loop();
  // Not freed: its handles end with the process.
  auto* c = new contender(args, loop);
  c->start();
  uv_run(loop, UV_RUN_DEFAULT);
  return 0;
}

}  // namespace bench
