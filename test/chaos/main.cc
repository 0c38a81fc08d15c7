// The fault driver.
//
//     chaos run [--seconds N] [--seed N] [--members 1|3] [--candidates N] [--ttl S] [--out DIR]
//     [--no-cuts] chaos check HISTORY.jsonl [TIMELINE.svg]     judges a history again chaos
//     stuck-disk [--without-etcdctl]         see stuck_disk.cc
//
// Exit code 0 if nothing was wrong, 1 if something was, 2 for bad usage.
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "test/chaos/checker.hpp"
#include "test/chaos/driver.hpp"
#include "test/chaos/stuck_disk.hpp"
#include "test/chaos/terms.hpp"
#include "test/chaos/timeline.hpp"

namespace tenure::chaos {
namespace {

struct choices {
  circumstances under;
  std::string out = "build/chaos";
  bool cuts = true;
};

int usage() {
  std::fprintf(stderr,
               "usage: chaos run [--seconds N] [--seed N] [--members N] [--candidates N] [--ttl S] "
               "[--out DIR] [--no-cuts]\n"
               "       chaos check HISTORY.jsonl [TIMELINE.svg]\n"
               "       chaos stuck-disk [--without-etcdctl]\n");
  return 2;
}

bool read_choices(const std::vector<std::string>& given, choices& out) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == "--no-cuts") {
      out.cuts = false;
      continue;
    }
    if (i + 1 == given.size()) return false;
    const std::string& value = given[i + 1];
    const int number = std::atoi(value.c_str());
    if (given[i] == "--seconds" && number >= 20)
      out.under.seconds = number;
    else if (given[i] == "--seed")
      out.under.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (given[i] == "--members" && number > 0)
      out.under.members = number;
    else if (given[i] == "--candidates" && number > 1)
      out.under.candidates = number;
    else if (given[i] == "--ttl" && number > 1)
      out.under.ttl_ms = number * 1000;
    else if (given[i] == "--out")
      out.out = value;
    else
      return false;
    ++i;
  }
  return true;
}

std::string in_s_or_none(const std::optional<nanos>& t) { return t ? in_s(*t) : "none seen"; }

int report(const std::vector<std::string>& lines, const std::string& picture) {
  history happened;
  std::string problem;
  if (!parse(lines, happened, problem)) {
    std::printf("%s\n0 passed, 1 failed\n", problem.c_str());
    return 1;
  }
  const verdict judged = check(happened);
  if (!picture.empty()) std::ofstream(picture) << draw_timeline(happened, judged);

  const double all = static_cast<double>(happened.over - happened.began);
  std::printf("\n%zu terms, %zu handovers, %zu faults; led for %.1f %% of the time\n",
              judged.terms.size(), judged.handovers, happened.faults.size(),
              all > 0 ? 100 * static_cast<double>(judged.led) / all : 0);
  std::printf(
      "least time between the old leader's cancelled and the new one's acquired: "
      "after a loss %s (one that still reaches etcd gives its key back at once; where its lease "
      "had to expire %s), "
      "after a resignation %s\n",
      in_s_or_none(judged.margin_of_loss).c_str(), in_s_or_none(judged.margin_of_expiry).c_str(),
      in_s_or_none(judged.margin_of_handover).c_str());
  std::printf("longest time without a leader: %s\n", in_s(judged.worst_gap).c_str());
  std::printf(
      "two at once, excused: %zu for a push after a deletion by hand, %zu where a waking etcd "
      "member revoked by itself\n",
      judged.overlaps_by_hand, judged.overlaps_by_etcd);
  for (const std::string& each : judged.violations) std::printf("VIOLATION at %s\n", each.c_str());
  const std::string missing = shows_too_little(happened, judged);
  if (!missing.empty()) std::printf("NOT SHOWN: %s\n", missing.c_str());
  const bool good = judged.violations.empty() && missing.empty();
  std::printf("%d passed, %d failed\n", good ? 1 : 0, good ? 0 : 1);
  return good ? 0 : 1;
}

int run(const choices& chosen) {
  std::string why_not = "not wanted";
  std::unique_ptr<network> net;
  if (chosen.cuts) net = network::build(static_cast<std::size_t>(chosen.under.members), why_not);
  circumstances under = chosen.under;
  under.real_cuts = net != nullptr;
  if (!net) std::printf("NOTE: no real cuts of links, proxies only: %s\n", why_not.c_str());

  const std::vector<planned_fault> schedule = draw_schedule(under);
  std::printf("seed %llu, %d s, %d etcd members, %d candidates, TTL %d s; the schedule:\n",
              static_cast<unsigned long long>(under.seed), under.seconds, under.members,
              under.candidates, under.ttl_ms / 1000);
  for (const planned_fault& each : schedule) std::printf("  %s\n", describe(each).c_str());
  std::printf("\n");
  if (mkdir(chosen.out.c_str(), 0777) != 0 && errno != EEXIST) {
    std::fprintf(stderr, "%s: %s\n", chosen.out.c_str(), std::strerror(errno));
    return 2;
  }
  driver all(under, schedule, net.get());
  all.run();
  const std::string history_file = chosen.out + "/history.jsonl";
  const std::string picture = chosen.out + "/timeline.svg";
  if (!all.written().save(history_file)) {
    std::fprintf(stderr, "%s cannot be written\n", history_file.c_str());
    return 2;
  }
  std::printf("\n%s\n%s\n", history_file.c_str(), picture.c_str());
  return report(all.written().lines(), picture);
}

int check_again(const std::vector<std::string>& given) {
  std::ifstream file(given[0]);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return report(lines, given.size() > 1 ? given[1] : "");
}

}  // namespace
}  // namespace tenure::chaos

int main(int argc, char** argv) {
  using namespace tenure::chaos;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  if (argc < 2) return usage();
  const std::string what = argv[1];
  const std::vector<std::string> given(argv + 2, argv + argc);
  choices chosen;
  if (what == "run" && read_choices(given, chosen)) return run(chosen);
  if (what == "check" && !given.empty()) return check_again(given);
  if (what == "stuck-disk") return stuck_disk(given.empty() || given[0] != "--without-etcdctl");
  return usage();
}
