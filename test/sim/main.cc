// make sim: sim SEEDS=N SEED=FIRST | --trace SEED | --exhaust DEPTH
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "exhaust.hpp"
#include "search.hpp"
#include "world.hpp"

namespace {

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
              v.rule != nullptr ? v.rule : "all rules hold",
              static_cast<unsigned long long>(v.events), static_cast<unsigned long long>(v.hash));
  if (text == again) return v.rule != nullptr;
  std::size_t at = 0;
  while (at < text.size() && at < again.size() && text[at] == again[at]) ++at;
  const std::size_t line = text.rfind('\n', at) + 1;
  std::printf("first difference:\n%s\n%s\n", text.substr(line, 300).c_str(),
              again.substr(line, 300).c_str());
  std::puts("NOT THE SAME when run again");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  sim::wishes wish;
  std::uint64_t deepest = 0;
  std::optional<std::uint64_t> shown;
  bool brief = false;  // no trace of a failure
  for (int i = 1; i < argc; ++i) {
    if (take(argv[i], "SEEDS", wish.count) || take(argv[i], "SEED", wish.first) ||
        take(argv[i], "TWICE", wish.twice_every) || take(argv[i], "JOBS", wish.jobs)) {
      continue;
    }
    if (std::strcmp(argv[i], "--all") == 0) {
      wish.all = true;
    } else if (std::strcmp(argv[i], "--short-checkpoints") == 0) {
      wish.short_checkpoints = true;
    } else if (std::strcmp(argv[i], "--brief") == 0) {
      brief = true;
    } else if (std::strcmp(argv[i], "--exhaust") == 0 && i + 1 < argc) {
      deepest = std::strtoull(argv[++i], nullptr, 0);
    } else if (std::strcmp(argv[i], "--trace") == 0 && i + 1 < argc) {
      shown = std::strtoull(argv[++i], nullptr, 0);
    } else {
      std::fprintf(stderr,
                   "sim: what is %s? SEEDS=N SEED=FIRST JOBS=N TWICE=EVERY --all --brief "
                   "--short-checkpoints | --trace SEED | --exhaust DEPTH\n",
                   argv[i]);
      return 2;
    }
  }
  sim::world w;
  w.short_checkpoints = wish.short_checkpoints;
  if (shown) return show(w, *shown);
  if (deepest != 0) return sim::exhaust(w, deepest, brief);
  const std::optional<std::uint64_t> failed = sim::search(wish);
  if (!failed) return 0;
  if (!brief) {
    show(w, *failed);
    std::puts("0 passed, 1 failed");
  }
  return 1;
}
