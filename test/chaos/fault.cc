#include "test/chaos/fault.hpp"

#include <cstddef>
#include <iterator>

namespace tenure::chaos {
namespace {

constexpr fault_facts all[] = {
#define X(kind, shown, on, costs, lasts) {#kind, shown, victim::on, cost::costs, lasts},
    TENURE_CHAOS_FAULTS(X)
#undef X
};

}  // namespace

const fault_facts& facts(fault_kind kind) { return all[static_cast<std::size_t>(kind)]; }

std::optional<fault_kind> fault_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(all); ++i) {
    if (all[i].name == name) return static_cast<fault_kind>(i);
  }
  return std::nullopt;
}

}  // namespace tenure::chaos
