// The stuck disk: of three etcd members only the fdatasync of etcd's leader is held up, for longer
// than this takes. On etcd before 3.4.31 and 3.5.13 that member goes on acknowledging keepalives
// for as long as its disk is stuck, while the others elect a new leader and give the key away
// (etcd#15247).
//
// A leader of ours talks to that member only, a second candidate to the other two. Ours must be
// cancelled before the other one is told that it leads. Beside it, two `etcdctl elect` of the same
// version do the same in an election of their own: told, not judged, what they do.
#include "test/chaos/stuck_disk.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/chaos/gateway.hpp"
#include "test/chaos/history.hpp"
#include "test/chaos/journal.hpp"
#include "test/support/etcd.hpp"
#include "test/support/process.hpp"
#include "test/support/wait.hpp"

namespace tenure::chaos {
namespace {

constexpr int ttl_s = 5;
constexpr int stuck_us = 100'000'000;  // longer than all of this; ends with strace
constexpr int takeover_limit_s = 30;
constexpr int etcdctl_limit_s = 80;  // the lease of etcdctl's session has 60 s

std::optional<std::size_t> leader_of(const test::etcd& etcd) {
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    const auto heard = ask_status(etcd.endpoint(i), 1000);
    if (heard && heard->leader == heard->id) return i;
  }
  return std::nullopt;
}

// The segment of the write-ahead log that the member writes to: the last one.
std::string wal_of(const test::etcd& etcd, std::size_t member) {
  std::string last;
  for (const auto& each :
       std::filesystem::directory_iterator(etcd.data_dir(member) + "/member/wal")) {
    if (each.path().extension() == ".wal") last = std::max(last, each.path().string());
  }
  return last;
}

std::string others(const test::etcd& etcd, std::size_t without) {
  std::string list;
  for (std::size_t i = 0; i < etcd.size(); ++i) {
    if (i != without) list += (list.empty() ? "" : ",") + etcd.endpoint(i);
  }
  return list;
}

test::process stand(const std::string& endpoints, const char* instance) {
  return test::process({test::built("tenure"), "campaign", "--endpoints", endpoints, "--app",
                        "stuck", "--instance", instance, "--ttl", std::to_string(ttl_s), "--format",
                        "json"});
}

nanos time_of(const std::string& line) {
  history one;
  std::string problem;
  return parse({line}, one, problem) && !one.entries.empty() ? one.entries[0].t : 0;
}

// What was not tested has not passed.
int not_tested(std::string why) {
  while (!why.empty() && why.back() == '\n') why.pop_back();
  std::printf(
      "the stuck disk was NOT tested: %s\n"
      "it needs strace (make deps GROUP=dev, or: apt-get install strace) and leave to trace: root, "
      "or "
      "kernel.yama.ptrace_scope 0;\nin a container: --cap-add=SYS_PTRACE and a seccomp profile "
      "that lets ptrace through\n",
      why.c_str());
  std::printf("0 passed, 1 failed\n");
  return 1;
}

// Whether one may trace here at all, found out before anything is started.
bool can_trace(std::string& why_not) {
  test::process probe(
      {"sh", "-c",
       "command -v strace >/dev/null || { echo 'there is no strace' >&2; exit 1; }; "
       "exec strace -o /dev/null -e trace=fdatasync -e inject=fdatasync:delay_enter=1 true"});
  if (probe.wait().exit_code == 0) return true;
  why_not = probe.errors().empty() ? "strace does not work here (ptrace)" : probe.errors();
  return false;
}

class etcdctl_beside {
 public:
  etcdctl_beside(const test::etcd& etcd, std::size_t stuck)
      : old_(etcd.etcdctl_process(
            {"--endpoints=" + etcd.endpoint(stuck), "elect", "beside/leader", "old"})) {
    (void)old_.line_with("old");  // the value, once it leads
    next_.emplace(etcd.etcdctl_process(
        {"--endpoints=" + others(etcd, stuck), "elect", "beside/leader", "next"}));
  }

  void report(nanos stuck_since) {
    std::printf("waiting up to %d s for what the two etcdctl elect do\n", etcdctl_limit_s);
    const nanos limit = stuck_since + etcdctl_limit_s * second;
    bool told = false;
    test::await(
        [&] {
          while (auto line = next_->poll_line()) told = told || *line == "next";
          return told || now() > limit;
        },
        etcdctl_limit_s + 20);
    const double after = static_cast<double>(now() - stuck_since) / 1e9;
    if (!told) {
      std::printf("etcdctl elect: the second was not told in %.0f s; nothing to compare with\n",
                  after);
    } else if (old_.running()) {
      std::printf(
          "etcdctl elect: the second was told that it leads after %.1f s, while the first still "
          "ran as leader: TWO\n",
          after);
    } else {
      std::printf(
          "etcdctl elect: the second was told that it leads after %.1f s; the first had ended\n",
          after);
    }
  }

 private:
  test::process old_;
  std::optional<test::process> next_;
};

int judge(nanos stuck_since, nanos cancelled, nanos acquired) {
  const double margin = static_cast<double>(acquired - cancelled) / 1e9;
  std::printf("ours was cancelled %.3f s after the disk stuck, the other acquired %.3f s later\n",
              static_cast<double>(cancelled - stuck_since) / 1e9, margin);
  const bool good = cancelled != 0 && acquired > cancelled;
  if (!good) std::printf("VIOLATION: the other was told before ours was cancelled\n");
  std::printf("%d passed, %d failed\n", good ? 1 : 0, good ? 0 : 1);
  return good ? 0 : 1;
}

}  // namespace

int stuck_disk(bool beside) {
  std::string why_not;
  if (!can_trace(why_not)) return not_tested(why_not);

  test::etcd etcd(3);
  std::optional<std::size_t> leader;
  test::await([&] { return (leader = leader_of(etcd)).has_value(); });
  const std::size_t stuck = *leader;

  test::process ours = stand(etcd.endpoint(stuck), "ours");
  const nanos led_since = time_of(ours.line_with("\"event\":\"acquired\""));
  test::process other = stand(others(etcd, stuck), "other");
  (void)other.line_with("\"event\":\"position\"");
  std::unique_ptr<etcdctl_beside> comparison;
  if (beside) comparison = std::make_unique<etcdctl_beside>(etcd, stuck);

  test::process strace({"strace", "-f", "-o", "/dev/null", "-P", wal_of(etcd, stuck), "-e",
                        "trace=fdatasync", "-e",
                        "inject=fdatasync:delay_enter=" + std::to_string(stuck_us), "-p",
                        std::to_string(etcd.member(stuck).pid())});
  // It says so once it holds every thread.
  test::await(
      [&] { return strace.errors().find("attached") != std::string::npos || !strace.running(); });
  if (!strace.running()) return not_tested(strace.errors());
  const nanos stuck_since = now();
  std::printf(
      "ours leads (for %.1f s) through m%zu, whose disk is stuck from now on; etcd's leader it "
      "was\n",
      static_cast<double>(stuck_since - led_since) / 1e9, stuck);

  const nanos acquired = time_of(other.line_with("\"event\":\"acquired\"", takeover_limit_s));
  // Whatever it printed before or after: the times decide.
  const nanos cancelled = time_of(ours.line_with("\"event\":\"cancelled\"", takeover_limit_s));
  if (comparison) comparison->report(stuck_since);

  // strace must let go before the member can be ended.
  ::kill(strace.pid(), SIGINT);
  return judge(stuck_since, cancelled, acquired);
}

}  // namespace tenure::chaos
