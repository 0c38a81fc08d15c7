// The simulation with the fuzzer's bytes as its choices: the first eight draw the world, the rest
// decide what happens in it. No rule may be broken.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// The simulation is no library: it is taken as it is.
#include "test/sim/checker.cc"         // NOLINT(bugprone-suspicious-include)
#include "test/sim/cluster.cc"         // NOLINT(bugprone-suspicious-include)
#include "test/sim/cluster_faults.cc"  // NOLINT(bugprone-suspicious-include)
#include "test/sim/faults.cc"          // NOLINT(bugprone-suspicious-include)
#include "test/sim/names.cc"           // NOLINT(bugprone-suspicious-include)
#include "test/sim/network.cc"         // NOLINT(bugprone-suspicious-include)
#include "test/sim/options.cc"         // NOLINT(bugprone-suspicious-include)
#include "test/sim/process.cc"         // NOLINT(bugprone-suspicious-include)
#include "test/sim/proof.cc"           // NOLINT(bugprone-suspicious-include)
#include "test/sim/store.cc"           // NOLINT(bugprone-suspicious-include)
#include "test/sim/streams.cc"         // NOLINT(bugprone-suspicious-include)
#include "test/sim/user.cc"            // NOLINT(bugprone-suspicious-include)
#include "test/sim/world.cc"           // NOLINT(bugprone-suspicious-include)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 8) return 0;
  std::uint64_t seed = 0;
  for (std::size_t i = 0; i < 8; ++i) seed = seed << 8 | data[i];
  sim::stream from;
  from.seed(seed, 1, nullptr);
  sim::options o = sim::draw(from);
  o.calm_from = 20 * sim::second;  // short lives: the bytes are few
  // When the bytes are used up, what is refused would be tried again without an end.
  o.reopen_after = sim::second;
  sim::bytes choices(data + 8, size - 8);
  static sim::world w;
  if (w.run(1, &o, &choices).rule == nullptr) return 0;
  std::string text;
  sim::bytes again(data + 8, size - 8);
  w.trace(&text);
  w.run(1, &o, &again);
  std::fputs(text.c_str(), stderr);
  std::abort();
}
