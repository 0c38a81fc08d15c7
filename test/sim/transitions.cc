// Counts how elections move from standing to standing, and lease and watch from state to state, in
// the build that measures coverage only: there the linker puts this in front of elections::enter
// (--wrap), and the states that are nobody's business are looked at through explicit
// instantiations. The core knows nothing of either.
#ifdef TENURE_SIM_TRANSITIONS

#include <cstdio>
#include <cstdlib>

#include "core/election.hpp"
#include "core/machine.hpp"
#include "transitions.hpp"

namespace {

using tenure::core::election;
using tenure::core::elections;
using tenure::core::standing;

template <class Tag, auto Member>
struct reveal {
  friend constexpr auto member_of(Tag) { return Member; }
};
struct of_lease {
  friend constexpr auto member_of(of_lease);
};
struct of_watch {
  friend constexpr auto member_of(of_watch);
};
struct lease_of_machine {
  friend constexpr auto member_of(lease_of_machine);
};
template struct reveal<of_lease, &tenure::core::lease::state_>;
template struct reveal<of_watch, &tenure::core::watch::state_>;
template struct reveal<lease_of_machine, &tenure::core::machine::lease_>;

int lease_state(const tenure::core::machine& m) {
  return static_cast<int>(m.*member_of(lease_of_machine()).*member_of(of_lease()));
}
int watch_state(const tenure::core::machine& m) {
  return static_cast<int>(m.stream().*member_of(of_watch()));
}

constexpr const char* lease_names[] = {"none", "granting", "raised", "held"};
constexpr const char* watch_names[] = {"closed", "opening", "open"};
constexpr const char* names[] = {"idle",    "wanting",  "creating",   "queued",
                                 "leading", "stopping", "withdrawing"};

// Adds what was seen to a file when the process ends: a search runs in several.
struct counter {
  unsigned long long seen[7][7] = {};
  unsigned long long lease[4][4] = {};
  unsigned long long watch[3][3] = {};

  ~counter() {
    const char* path = std::getenv("SIM_TRANSITIONS");
    std::FILE* to = path != nullptr ? std::fopen(path, "a") : nullptr;
    if (to == nullptr) return;
    for (int from = 0; from < 7; ++from) {
      for (int next = 0; next < 7; ++next) {
        if (seen[from][next] != 0)
          std::fprintf(to, "%s -> %s %llu\n", names[from], names[next], seen[from][next]);
      }
    }
    for (int from = 0; from < 4; ++from) {
      for (int next = 0; next < 4; ++next) {
        if (lease[from][next] != 0)
          std::fprintf(to, "lease:%s -> %s %llu\n", lease_names[from], lease_names[next],
                       lease[from][next]);
      }
    }
    for (int from = 0; from < 3; ++from) {
      for (int next = 0; next < 3; ++next) {
        if (watch[from][next] != 0)
          std::fprintf(to, "watch:%s -> %s %llu\n", watch_names[from], watch_names[next],
                       watch[from][next]);
      }
    }
    std::fclose(to);
  }
} all;

}  // namespace

namespace sim {

watched::watched(const tenure::core::machine& m)
    : machine_(m),
      lease_(lease_state(m)),
      watch_(watch_state(m)),
      id_(m.lease_id()),
      opens_(m.stream().opens()) {}

// A step that leaves one and begins another of the same kind has moved as well.
watched::~watched() {
  const int lease = lease_state(machine_);
  const int watch = watch_state(machine_);
  if (lease != lease_ || (lease != 0 && machine_.lease_id() != id_)) ++all.lease[lease_][lease];
  if (watch != watch_ || machine_.stream().opens() != opens_) ++all.watch[watch_][watch];
}

}  // namespace sim

extern "C" {
void __real__ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE(elections*, election&,
                                                                          standing);
void __wrap__ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE(elections* self,
                                                                          election& e,
                                                                          standing next) {
  ++all.seen[static_cast<int>(e.state)][static_cast<int>(next)];
  __real__ZN6tenure4core9elections5enterERNS0_8electionENS0_8standingE(self, e, next);
}
}

#endif
