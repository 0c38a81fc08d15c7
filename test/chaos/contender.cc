#include "test/chaos/contender.hpp"

#include <rapidjson/document.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <utility>

namespace tenure::chaos {

contender::contender(uv_loop_t* loop, std::string name, const cluster& etcd, const network* far,
                     int ttl_ms, journal& into)
    : name_(std::move(name)), journal_(into), running_({"true"}) {
  std::string endpoints;
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    const std::string listen_on = far != nullptr ? network::hub_address() : "127.0.0.1";
    proxies_.push_back(std::make_unique<test::proxy>(loop, etcd.endpoint(i), listen_on));
    endpoints += (i == 0 ? "" : ",") + proxies_.back()->url();
  }
  if (far != nullptr) argv_ = far->inside_far();
  argv_.insert(argv_.end(),
               {test::built("tenure"), "campaign", "--endpoints", endpoints, "--app", "chaos",
                "--instance", name_, "--ttl", std::to_string(ttl_ms / 1000), "--format", "json"});
}

void contender::start() {
  running_ = test::process(argv_);
  ended_ = false;
  journal_.write("started", now(), {{"instance", name_}, {"pid", std::int64_t{running_.pid()}}});
}

// Its leadership lasts until nothing of it can run any more, hence the time is taken after it.
void contender::kill() {
  if (ended_) return;
  (void)running_.kill();
  const nanos dead = now();
  read_lines();
  ended_ = true;
  key_.clear();
  journal_.write("killed", dead, {{"instance", name_}});
}

void contender::stop() {
  running_.signal(SIGSTOP);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(running_.pid()), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void contender::cont() { running_.signal(SIGCONT); }
void contender::hand_over() { running_.signal(SIGUSR1); }
void contender::leave() { running_.signal(SIGTERM); }

void contender::read() {
  if (ended_) return;
  const bool over = !running_.running();
  read_lines();
  if (!over) return;
  ended_ = true;
  key_.clear();
  const test::ending how = running_.wait();
  const std::string reason = how.signal != 0 ? "signal " + std::to_string(how.signal)
                                             : "exit code " + std::to_string(how.exit_code);
  journal_.write("ended", now(), {{"instance", name_}, {"reason", reason}});
  if (how.exit_code != 0)
    std::fprintf(stderr, "%s ended: %s\n%s\n", name_.c_str(), reason.c_str(),
                 running_.errors().c_str());
}

void contender::read_lines() {
  while (std::optional<std::string> line = running_.poll_line()) {
    understand(*line);
    journal_.add(std::move(*line));
  }
}

void contender::understand(const std::string& line) {
  rapidjson::Document parsed;
  if (parsed.Parse(line.c_str()).HasParseError() || !parsed.IsObject() ||
      !parsed.HasMember("event"))
    return;
  const std::string event = parsed["event"].GetString();
  if (event == "acquired") key_ = parsed["key"].GetString();
  if (event == "cancelled") key_.clear();
}

}  // namespace tenure::chaos
