// make sim: sim [--trace SEED] [SEEDS=N] [SEED=S] …
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "world.hpp"

namespace {

struct wishes {
  std::uint64_t first = 1;
  std::uint64_t count = 20000;
  std::uint64_t twice_every = 1000;
  std::uint64_t deepest = 0;
  bool trace = false;
  bool all = false;    // go on after a failure
  bool brief = false;  // no trace of it
};

bool take(const char* arg, const char* name, std::uint64_t& to) {
  const std::size_t n = std::strlen(name);
  if (std::strncmp(arg, name, n) != 0 || arg[n] != '=') return false;
  to = std::strtoull(arg + n + 1, nullptr, 0);
  return true;
}

// The whole life of one seed in words, twice, byte for byte the same.
int show(sim::world& w, std::uint64_t seed) {
  std::string text;
  std::string again;
  w.trace(&text);
  const sim::verdict v = w.run(seed);
  w.trace(&again);
  w.run(seed);
  w.trace(nullptr);
  std::fputs(text.c_str(), stdout);
  std::printf("seed %llu: %s, %llu events, hash %016llx\n", static_cast<unsigned long long>(seed),
              v.rule != nullptr ? v.rule : "all rules hold", static_cast<unsigned long long>(v.events),
              static_cast<unsigned long long>(v.hash));
  if (text == again) return v.rule != nullptr;
  std::size_t at = 0;
  while (at < text.size() && at < again.size() && text[at] == again[at]) ++at;
  const std::size_t line = text.rfind('\n', at) + 1;
  std::printf("first difference:\n%s\n%s\n", text.substr(line, 300).c_str(), again.substr(line, 300).c_str());
  std::puts("NOT THE SAME when run again");
  return 2;
}

// Every combination of the first `deepest` choices, from several moments of a small world on.
int exhaust(sim::world& w, std::size_t deepest) {
  std::uint64_t worlds = 0;
  std::uint64_t failed = 0;
  for (const sim::nanos from : {sim::nanos{0}, 1500 * sim::millisecond, 3200 * sim::millisecond}) {
    const sim::options small = sim::small_world(from);
    sim::enumerator all(deepest);
    do {
      ++worlds;
      const sim::verdict v = w.run(1, &small, &all);
      if (v.rule == nullptr) continue;
      if (++failed > 1) continue;
      std::string text;
      w.trace(&text);
      all.rewind();
      w.run(1, &small, &all);
      w.trace(nullptr);
      std::printf("%schoices:", text.c_str());
      for (const auto& d : all.digits()) std::printf(" %d/%d", d.value, d.bound);
      std::printf("\nafter %lld ms: %s\n", static_cast<long long>(from / sim::millisecond), v.rule);
    } while (all.next());
  }
  std::printf("%llu small worlds, %zu choices deep\n", static_cast<unsigned long long>(worlds), deepest);
  std::printf("%d passed, %d failed\n", failed == 0, failed != 0);
  return failed != 0;
}

}  // namespace

int main(int argc, char** argv) {
  wishes wish;
  for (int i = 1; i < argc; ++i) {
    if (take(argv[i], "SEEDS", wish.count) || take(argv[i], "SEED", wish.first) || take(argv[i], "TWICE", wish.twice_every)) continue;
    if (std::strcmp(argv[i], "--all") == 0) {
      wish.all = true;
    } else if (std::strcmp(argv[i], "--brief") == 0) {
      wish.brief = true;
    } else if (std::strcmp(argv[i], "--exhaust") == 0 && i + 1 < argc) {
      wish.deepest = std::strtoull(argv[++i], nullptr, 0);
    } else if (std::strcmp(argv[i], "--trace") == 0 && i + 1 < argc) {
      wish.trace = true;
      wish.first = std::strtoull(argv[++i], nullptr, 0);
    } else {
      std::fprintf(stderr, "sim: what is %s? SEEDS=N SEED=FIRST TWICE=EVERY --all --brief | --trace SEED | --exhaust DEPTH\n", argv[i]);
      return 2;
    }
  }
  sim::world w;
  if (wish.trace) return show(w, wish.first);
  if (wish.deepest != 0) return exhaust(w, wish.deepest);
  const std::clock_t cpu_began = std::clock();
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t failed = 0;
  std::uint64_t events = 0;
  std::uint64_t leaderships = 0;
  double minutes = 0;  // of five candidates
  std::uint64_t hash = 0;
  std::uint64_t done = 0;
  for (std::uint64_t i = 0; i < wish.count; ++i) {
    const std::uint64_t seed = wish.first + i;
    const sim::verdict v = w.run(seed);
    ++done;
    events += v.events;
    minutes += static_cast<double>(v.candidate_time) / 1e9 / 300;
    leaderships += w.checker.leaderships();
    hash = hash * 31 + v.hash;
    if (v.rule != nullptr) {
      ++failed;
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), v.rule);
      if (!wish.all) {
        if (!wish.brief) show(w, seed);
        break;
      }
    }
    if (done % 500'000 == 0) {
      std::printf("%llu schedules, %llu failed\n", static_cast<unsigned long long>(done), static_cast<unsigned long long>(failed));
      std::fflush(stdout);
    }
    if (wish.twice_every != 0 && i % wish.twice_every == 0 && w.run(seed).hash != v.hash) {
      ++failed;
      std::printf("seed %llu: not the same when run again\n", static_cast<unsigned long long>(seed));
    }
  }
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double cpu = static_cast<double>(std::clock() - cpu_began) / CLOCKS_PER_SEC;
  std::printf("%.0f schedules of 60 s with 5 candidates a second and core (%.0f in %.1f s of processor time)\n", minutes / cpu, minutes, cpu);
  std::printf("%llu schedules in %.1f s: %.0f a second, %llu events, %llu leaderships, hash %016llx\n",
              static_cast<unsigned long long>(done), took, static_cast<double>(done) / took,
              static_cast<unsigned long long>(events), static_cast<unsigned long long>(leaderships),
              static_cast<unsigned long long>(hash));
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(done - failed), static_cast<unsigned long long>(failed));
  return failed != 0;
}
