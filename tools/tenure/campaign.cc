// `tenure campaign`: stands in one or more elections on one session.
#include <cstdio>
#include <memory>
#include <vector>

#include "commands.hpp"
#include "host.hpp"
#include "standing.hpp"

namespace tenure::tool {
namespace {

class campaigner {
 public:
  explicit campaigner(const settings& chosen)
      : chosen_(chosen), host_(chosen, {[this] { leave(); }, [this] { hand_over(); }}) {
    for (const std::string& shard : chosen_.shards) {
      standings_.push_back(
          std::make_unique<standing>(host_, chosen_, shard, [this](int code) { over(code); }));
    }
    left_ = standings_.size();
  }

  int run() {
    if (const error failed = host_.open(session_callbacks())) return refused(failed);
    for (const auto& each : standings_) {
      const error failed = each->start();
      if (!failed) continue;
      host_.finish(refused(failed));
      break;
    }
    return host_.run();
  }

 private:
  static int refused(const error& why) {
    std::fprintf(stderr, "tenure campaign: %s\n", why.message.c_str());
    return exit_code_of(why);
  }

  session_events session_callbacks() {
    session_events on;
    on.granted = [this](std::int64_t lease, milliseconds ttl) {
      event what("session");
      char id[20];
      std::snprintf(id, sizeof id, "%llx",
                    static_cast<unsigned long long>(lease));  // as etcdctl prints it
      host_.events().write(
          what.add("reason", "granted").add("lease", id).add("ttl_ms", ttl.count()));
    };
    on.lost = [this](const error& why) {
      host_.events().write(event("session").add("reason", "lost").add(why));
      // It stops by itself only when etcd grants a TTL into which the other times do not fit, or
      // when it finds a defect in itself.
      if (host_.session().is_open() || host_.stopping()) return;
      host_.complain(why.message);
      host_.finish(exit_code_of(why));
    };
    on.jeopardy = [this](std::chrono::nanoseconds left) {
      host_.events().write(event("jeopardy").add("left_ns", left.count()));
    };
    on.safe = [this] { host_.events().write(event("safe")); };
    on.stalled = [this](std::chrono::nanoseconds late) {
      host_.events().write(event("stalled").add("late_ns", late.count()));
    };
    on.trouble = [this](const error& why) { host_.trouble(event("error"), why); };
    on.warning = [this](const std::string& what) {
      host_.events().write(event("warning").add("message", what));
    };
    return on;
  }

  void hand_over() {
    for (const auto& each : standings_) each->hand_over();
  }

  void leave() {
    for (const auto& each : standings_) each->leave();
  }

  void over(int exit_code) {
    if (exit_code_ == exit_done) exit_code_ = exit_code;
    if (--left_ == 0) host_.finish(exit_code_);
  }

  const settings& chosen_;
  host host_;
  std::vector<std::unique_ptr<standing>> standings_;
  std::size_t left_ = 0;
  int exit_code_ = exit_done;
};

// This is no error. The library gives the key away when the grace is over, whoever still works.
void warn_of_slow_work(const settings& chosen) {
  const milliseconds grace = chosen.session.stop_grace.value_or(chosen.session.ttl / 10);
  if (chosen.stop_work <= grace) return;
  std::fprintf(stderr,
               "tenure campaign: --stop-work-ms %lld exceeds the stop grace of %lld ms: "
               "the next leader may be told before the work has stopped\n",
               static_cast<long long>(chosen.stop_work.count()),
               static_cast<long long>(grace.count()));
}

}  // namespace

int campaign(const settings& chosen) {
  warn_of_slow_work(chosen);
  return campaigner(chosen).run();
}

}  // namespace tenure::tool
