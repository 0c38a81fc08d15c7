#include "exhaust.hpp"

#include <cstdint>
#include <cstdio>
#include <string>

#include "world.hpp"

namespace sim {

namespace {

struct walk {
  const char* name;
  menu choices;
  int deeper;  // than what was asked for: a choice of all takes seven times as many worlds, one of
               // two twice
};
constexpr walk walks[] = {
    {"all", menu::all, -1}, {"leader", menu::leader, 2}, {"orders", menu::orders, 4}};

void show(world& w, const options& small, enumerator& all, const char* rule) {
  std::string text;
  w.trace(&text);
  all.rewind();
  w.run(1, &small, &all);
  w.trace(nullptr);
  std::printf("%schoices:", text.c_str());
  for (const auto& d : all.digits()) std::printf(" %d/%d", d.value, d.bound);
  std::printf("\nafter %lld ms: %s\n", static_cast<long long>(small.choices_from / millisecond),
              rule);
}

}  // namespace

int exhaust(world& w, std::size_t deepest, bool brief) {
  std::uint64_t failed = 0;
  for (const walk& each : walks) {
    std::uint64_t worlds = 0;
    const auto depth = static_cast<std::size_t>(static_cast<int>(deepest) + each.deeper);
    // When a session begins, when one leads, and later.
    for (const nanos from : {nanos{0}, 1500 * millisecond, 3200 * millisecond}) {
      const options small = small_world(from, each.choices);
      enumerator all(depth);
      do {
        ++worlds;
        const verdict v = w.run(1, &small, &all);
        if (v.rule == nullptr) continue;
        if (brief) {
          std::printf("%s: %s\n", each.name, v.rule);
          return 1;
        }
        if (++failed == 1) show(w, small, all, v.rule);
      } while (all.next());
    }
    std::printf("%s: %llu small worlds, %zu choices deep\n", each.name,
                static_cast<unsigned long long>(worlds), depth);
  }
  std::printf("%d passed, %d failed\n", failed == 0, failed != 0);
  return failed != 0;
}

}  // namespace sim
