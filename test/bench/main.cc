// bench [--only FIGURE[,FIGURE…]] [--runs N] [--seconds N] [--directory DIR]: every figure, with
// its floor and its peer, on an etcd of its own. Exits with 1 if one cannot be measured; a target
// missed is told, not an error.
#include <getopt.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "test/bench/contender.hpp"
#include "test/bench/world.hpp"

namespace {

struct entry {
  const char* name;
  void (*measure)(bench::world&);
};
constexpr entry entries[] = {
    {"handover", bench::handover}, {"cold", bench::cold_start}, {"startup", bench::startup},
    {"handed", bench::handed},     {"steady", bench::steady},   {"stall", bench::stall},
    {"losing", bench::losing},     {"deleted", bench::deleted}, {"token", bench::token},
    {"growth", bench::growth},
};

struct asked {
  std::string only;
  std::string directory = ".";
  int runs = 100;
  int seconds = 60;
};

int number(const char* option, const char* text) {
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  if (*text == '\0' || *end != '\0' || value < 1 || value > 1'000'000) {
    bench::fail(std::string("--") + option + " is " + text + ": it must be a whole number from 1");
  }
  return static_cast<int>(value);
}

asked parse(int argc, char** argv) {
  constexpr option options[] = {{"only", required_argument, nullptr, 'o'},
                                {"runs", required_argument, nullptr, 'r'},
                                {"seconds", required_argument, nullptr, 's'},
                                {"directory", required_argument, nullptr, 'd'},
                                {nullptr, 0, nullptr, 0}};
  asked a;
  for (int found = 0; (found = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
    if (found == 'o')
      a.only = optarg;
    else if (found == 'r')
      a.runs = number("runs", optarg);
    else if (found == 's')
      a.seconds = number("seconds", optarg);
    else if (found == 'd')
      a.directory = optarg;
    else
      bench::fail("it takes --only FIGURE[,FIGURE...], --runs N, --seconds N and --directory DIR");
  }
  return a;
}

std::vector<entry> choose(const std::string& only) {
  if (only.empty()) return {std::begin(entries), std::end(entries)};
  std::vector<entry> chosen;
  std::istringstream names(only);
  for (std::string name; std::getline(names, name, ',');) {
    const auto* const found = std::find_if(std::begin(entries), std::end(entries),
                                           [&](const entry& e) { return name == e.name; });
    if (found == std::end(entries)) bench::fail("no figure is called " + name);
    chosen.push_back(*found);
  }
  return chosen;
}

int measure(const asked& a) {
  const std::vector<entry> chosen = choose(a.only);
  tenure::test::etcd etcd;
  bench::report out;
  bench::world w{etcd, out, a.runs, a.seconds, a.directory};
  for (const entry& e : chosen) {
    e.measure(w);
    out.print_section();
  }
  out.print_misses();
  out.write_json(w.directory + "/figures.json");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.empty() || args[0][0] == '-') return measure(parse(argc, argv));
  const std::vector<std::string> rest(args.begin() + 1, args.end());
  if (args[0] == "contend") return bench::contend(rest);
  if (args[0] == "jobs") return bench::run_jobs(rest);
  if (args[0] == "grant-and-stand") return bench::grant_and_stand(rest);
  if (args[0] == "idle") return bench::idle();
  bench::fail("unknown role " + args[0]);
}
