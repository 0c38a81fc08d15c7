// bench [--only FIGURE[,FIGURE…]] [--runs N] [--seconds N] [--directory DIR]: every figure, with its floor and its
// peer, on an etcd of its own. Exits with 1 if one cannot be measured; a target missed is told, not an error.
#include <cstdio>
#include <cstdlib>
#include <cstring>
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
    {"handover", bench::handover}, {"cold", bench::cold_start}, {"startup", bench::startup}, {"handed", bench::handed},
    {"steady", bench::steady},     {"stall", bench::stall},     {"losing", bench::losing},   {"deleted", bench::deleted},
    {"token", bench::token},       {"growth", bench::growth},
};

bool wanted(const std::string& only, const std::string& name) {
  return only.empty() || ("," + only + ",").find("," + name + ",") != std::string::npos;
}

int measure_all(const std::vector<std::string>& args) {
  std::string only;
  tenure::test::etcd etcd;
  bench::report out;
  bench::world w{etcd, out};
  for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
    if (args[i] == "--only") only = args[i + 1];
    if (args[i] == "--runs") w.runs = std::max(1, std::atoi(args[i + 1].c_str()));
    if (args[i] == "--seconds") w.seconds = std::max(1, std::atoi(args[i + 1].c_str()));
    if (args[i] == "--directory") w.directory = args[i + 1];
  }
  std::size_t measured = 0;
  for (const entry& e : entries) {
    if (!wanted(only, e.name)) continue;
    e.measure(w);
    out.print_section();
    ++measured;
  }
  if (measured == 0) bench::fail("no figure is called " + only);
  out.print_misses();
  out.write_json(w.directory + "/figures.json");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.empty() || args[0].rfind("--", 0) == 0) return measure_all(args);
  const std::vector<std::string> rest(args.begin() + 1, args.end());
  if (args[0] == "contend") return bench::contend(rest);
  if (args[0] == "jobs") return bench::run_jobs(rest);
  if (args[0] == "grant-and-stand") return bench::grant_and_stand(rest);
  if (args[0] == "idle") return bench::idle();
  bench::fail("unknown role " + args[0]);
}
