// Counts how elections move from standing to standing, in the build that measures coverage only: there the linker
// puts this in front of elections::enter (--wrap), which the core knows nothing of.
#ifdef TENURE_SIM_TRANSITIONS

#include <cstdio>
#include <cstdlib>

#include "core/election.hpp"

namespace {

using tenure::core::election;
using tenure::core::elections;
using tenure::core::standing;

constexpr const char* names[] = {"idle", "wanting", "creating", "queued", "leading", "stopping", "withdrawing"};

// Adds what was seen to a file when the process ends: a search runs in several.
struct counter {
  unsigned long long seen[7][7] = {};

  ~counter() {
    const char* path = std::getenv("SIM_TRANSITIONS");
    std::FILE* to = path != nullptr ? std::fopen(path, "a") : nullptr;
    if (to == nullptr) return;
    for (int from = 0; from < 7; ++from) {
      for (int next = 0; next < 7; ++next) {
        if (seen[from][next] != 0) std::fprintf(to, "%s -> %s %llu\n", names[from], names[next], seen[from][next]);
      }
    }
    std::fclose(to);
  }
} all;

}  // namespace

extern "C" {
void __real__ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE(elections*, election&, standing);
void __wrap__ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE(elections* self, election& e, standing next) {
  ++all.seen[static_cast<int>(e.state)][static_cast<int>(next)];
  __real__ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE(self, e, next);
}
}

#endif
