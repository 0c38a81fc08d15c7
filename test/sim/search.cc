#include "search.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <vector>

#include "world.hpp"

namespace sim {

namespace {

struct tally {
  std::uint64_t schedules = 0;
  std::uint64_t runs = 0;  // with those that were repeated
  std::uint64_t failures = 0;
  std::uint64_t events = 0;
  std::uint64_t leaderships = 0;
  std::uint64_t processes = 0;
  std::uint64_t candidates = 0;
  std::uint64_t hash = 0;
  std::uint64_t shift = 1;  // what a hash before this one is multiplied by
  double simulated = 0;     // seconds
  double processor = 0;

  void add(const tally& o) {
    schedules += o.schedules;
    runs += o.runs;
    failures += o.failures;
    events += o.events;
    leaderships += o.leaderships;
    processes += o.processes;
    candidates += o.candidates;
    hash = hash * o.shift + o.hash;
    shift *= o.shift;
    simulated += o.simulated;
    processor += o.processor;
  }
};

struct failure {
  bool any = false;  // every number is a seed
  std::uint64_t seed = 0;
  char rule[96] = {};
};

double processor_time() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

tally run(world& w, std::uint64_t seed, bool twice, failure& found) {
  const verdict v = w.run(seed);
  tally t;
  t.schedules = t.runs = 1;
  t.events = v.events;
  t.leaderships = w.checker.leaderships();
  t.processes = w.processes.size();
  t.candidates = w.candidates();
  t.hash = v.hash;
  t.shift = 31;
  t.simulated = static_cast<double>(v.ended) / 1e9;
  const char* rule = v.rule;
  if (twice) {
    ++t.runs;
    if (w.run(seed).hash != v.hash) rule = "not the same when run again";
  }
  if (rule == nullptr) return t;
  t.failures = 1;
  found.any = true;
  found.seed = seed;
  std::snprintf(found.rule, sizeof found.rule, "%s", rule);
  return t;
}

// Writes all or ends the job.
void put(int to, const void* what, std::size_t size) {
  if (write(to, what, size) != static_cast<ssize_t>(size)) std::exit(3);
}

// One process's share: each failure as it is found, and then, after an empty one, the sum.
void job(const wishes& wish, std::uint64_t from, std::uint64_t to, int out) {
  world w;
  w.short_checkpoints = wish.short_checkpoints;
  tally sum;
  for (std::uint64_t i = from; i < to; ++i) {
    failure found;
    sum.add(run(w, wish.first + i, wish.twice_every != 0 && i % wish.twice_every == 0, found));
    if (!found.any) continue;
    put(out, &found, sizeof found);
    if (!wish.all) break;
  }
  sum.processor = processor_time();
  const failure end;
  put(out, &end, sizeof end);
  put(out, &sum, sizeof sum);
}

bool get(int from, void* what, std::size_t size) {
  auto* at = static_cast<char*>(what);
  while (size > 0) {
    const ssize_t n = read(from, at, size);
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace

std::optional<std::uint64_t> search(const wishes& wish) {
  const auto began = std::chrono::steady_clock::now();
  const auto processors = static_cast<std::uint64_t>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
  const std::uint64_t jobs = std::clamp<std::uint64_t>(wish.jobs != 0 ? wish.jobs : processors, 1,
                                                       std::max<std::uint64_t>(wish.count, 1));
  struct share {
    std::uint64_t from;
    std::uint64_t to;
    int in;
    pid_t pid;
  };
  std::vector<share> shares;
  std::fflush(stdout);
  for (std::uint64_t j = 0; j < jobs; ++j) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    share s{wish.count * j / jobs, wish.count * (j + 1) / jobs, ends[0], fork()};
    if (s.pid < 0) std::abort();
    if (s.pid == 0) {
      for (const share& other : shares) ::close(other.in);
      ::close(ends[0]);
      job(wish, s.from, s.to, ends[1]);
      std::exit(0);
    }
    ::close(ends[1]);
    shares.push_back(s);
  }
  tally sum;
  std::optional<std::uint64_t> lowest;
  std::uint64_t failed = 0;
  for (const share& s : shares) {
    failure f;
    while (get(s.in, &f, sizeof f) && f.any) {
      if (lowest && !wish.all) continue;  // of a higher share
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(f.seed), f.rule);
      if (!lowest) lowest = f.seed;
    }
    tally part;
    const bool whole = get(s.in, &part, sizeof part);
    ::close(s.in);
    int status = 0;
    waitpid(s.pid, &status, 0);
    if (!whole || status != 0) {
      std::printf("the process for the seeds from %llu to %llu died\n",
                  static_cast<unsigned long long>(wish.first + s.from),
                  static_cast<unsigned long long>(wish.first + s.to - 1));
      ++failed;
      if (!lowest) lowest = wish.first + s.from;
    }
    sum.add(part);
  }
  failed += sum.failures;
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const auto mean = [&](auto what) {
    return static_cast<double>(what) /
           static_cast<double>(std::max<std::uint64_t>(sum.schedules, 1));
  };
  std::printf(
      "a schedule: 60 s of faults, then calm until everybody has gone; on average %.0f s "
      "simulated, %.1f processes, "
      "%.1f candidates, %.0f events, %.1f leaderships\n",
      mean(sum.simulated), mean(sum.processes), mean(sum.candidates), mean(sum.events),
      mean(sum.leaderships));
  std::printf(
      "%llu schedules, %llu events, hash %016llx\n", static_cast<unsigned long long>(sum.schedules),
      static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.hash));
  std::printf(
      "%.0f schedules a second and core: %llu runs in %.1f s of processor time (%.1f s by the "
      "clock, %llu at a time)\n",
      static_cast<double>(sum.runs) / sum.processor, static_cast<unsigned long long>(sum.runs),
      sum.processor, took, static_cast<unsigned long long>(jobs));
  std::printf(
      "%llu passed, %llu failed\n",
      static_cast<unsigned long long>(sum.schedules - std::min(sum.schedules, sum.failures)),
      static_cast<unsigned long long>(failed));
  return lowest;
}

}  // namespace sim
