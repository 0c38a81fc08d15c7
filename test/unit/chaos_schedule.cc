#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <set>
#include <string>

#include "test/chaos/schedule.hpp"

using namespace tenure::chaos;

namespace {

std::string text_of(const circumstances& under) {
  std::string all;
  for (const planned_fault& each : draw_schedule(under)) all += describe(each) + "\n";
  return all;
}

}  // namespace

Test(chaos_schedule, is_the_same_for_the_same_seed_and_another_for_another) {
  circumstances one;
  circumstances two;
  two.seed = 2;
  cr_assert(text_of(one) == text_of(one));
  cr_assert(text_of(one) != text_of(two));
}

// Whoever has a seed from an old run gets the old schedule: it does not depend on the library or the compiler.
Test(chaos_schedule, does_not_change_by_accident) {
  circumstances under;
  under.seed = 7;
  const std::string first = describe(draw_schedule(under).front());
  cr_assert(first == "   4.0 s  etcd leader moved", "%s", first.c_str());
}

Test(chaos_schedule, has_every_kind_that_is_possible_in_a_long_run) {
  circumstances under;
  under.seconds = 600;
  under.real_cuts = true;
  std::set<fault_kind> seen;
  for (const planned_fault& each : draw_schedule(under)) seen.insert(each.kind);
  seen.insert(fault_kind::member_rolled);  // comes with rolling_restart
#define X(kind, shown, on, costs, lasts) cr_assert(seen.count(fault_kind::kind) == 1, #kind);
  TENURE_CHAOS_FAULTS(X)
#undef X
}

Test(chaos_schedule, keeps_to_what_is_there) {
  circumstances under;
  under.seconds = 600;
  under.members = 1;
  for (const planned_fault& each : draw_schedule(under)) {
    const bool impossible = each.kind == fault_kind::cut || each.kind == fault_kind::member_cut ||
                            each.kind == fault_kind::member_isolated || each.kind == fault_kind::hole_one ||
                            each.kind == fault_kind::move_leader || each.kind == fault_kind::rolling_restart;
    cr_assert(not(impossible));
  }
}

Test(chaos_schedule, ends_early_enough_for_somebody_to_lead_at_the_end) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    circumstances under;
    under.seed = seed;
    int last = 0;
    for (const planned_fault& each : draw_schedule(under)) {
      cr_assert(each.at_ms >= last);
      last = each.at_ms;
      cr_assert(each.at_ms + each.for_ms <= 60000 - 10000);
    }
  }
}
