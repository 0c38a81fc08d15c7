// What happened in a run: the lines of all candidates and what the driver did to them, read back
// from the one file that has it all.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "test/chaos/fault.hpp"

namespace tenure::chaos {

using nanos = std::int64_t;  // CLOCK_MONOTONIC, which all processes of one machine share

constexpr nanos millisecond = 1'000'000;
constexpr nanos second = 1'000'000'000;

// One line. A candidate's is what it printed. The driver's is `started`, `killed` or `ended`, with
// a process.
struct entry {
  nanos t = 0;
  std::string event;
  std::string who;
  std::int64_t token = 0;
  std::string reason;
  std::string message;
};

struct applied_fault {
  fault_kind kind{};
  std::string target;  // a candidate, a member, or "etcd"
  nanos began = 0;     // from here on it may have had an effect: taken before it was done
  nanos ended = 0;     // until here: taken when it was undone; the end of the run if it was not
  std::string note;
};

// Whoever leads etcd, as the driver heard of it: a moment after it began.
struct etcd_office {
  nanos since = 0;
  std::string member;
  std::int64_t term = 0;
};

struct history {
  std::string seed;
  std::string etcd;  // its version; "" if nobody told
  int members = 0;
  int candidates = 0;
  nanos ttl = 0;
  nanos began = 0;
  nanos over = 0;              // from here on the driver winds up: everybody resigns
  std::vector<entry> entries;  // in the order of time
  std::vector<applied_fault> faults;
  std::vector<etcd_office> etcd_leaders;  // one more for each election, also if the same one won it
};

// From the lines of a history file. It fails if a line is no JSON object, and `problem` says which.
[[nodiscard]] bool parse(const std::vector<std::string>& lines, history& out, std::string& problem);

}  // namespace tenure::chaos
