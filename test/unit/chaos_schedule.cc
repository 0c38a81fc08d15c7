#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "test/chaos/schedule.hpp"

using namespace tenure::chaos;

namespace {

int end_of(const planned_fault& plan) { return plan.at_ms + plan.for_ms; }

bool overlap(const planned_fault& a, const planned_fault& b) {
  return a.at_ms < end_of(b) && b.at_ms < end_of(a);
}

// A black hole that costs the leader its lease while somebody else can take over.
bool deposes(const planned_fault& hole, const std::vector<planned_fault>& all,
             const circumstances& under) {
  if (!hole.leader_only || hole.target != whoever_leads || hole.for_ms < deposing_ms(under.ttl_ms))
    return false;
  if (hole.kind != fault_kind::hole && hole.kind != fault_kind::hole_out) return false;
  int others = 0;
  for (const planned_fault& each : all) {
    if (&each == &hole || !overlap(each, hole)) continue;
    if (facts(each.kind).on != victim::candidate) return false;
    ++others;
  }
  return others <= under.candidates - 2;
}

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

// A seed from an old run gives the old schedule, whatever library and compiler are used.
Test(chaos_schedule, does_not_change_by_accident) {
  circumstances under;
  under.seed = 7;
  const std::string first = describe(draw_schedule(under).front());
  cr_assert(first == "   3.0 s  throttle, the leader, for 1.0 s, 726 bytes a second", "%s",
            first.c_str());
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
    const bool impossible =
        each.kind == fault_kind::cut || each.kind == fault_kind::member_cut ||
        each.kind == fault_kind::member_isolated || each.kind == fault_kind::hole_one ||
        each.kind == fault_kind::quorum_lost || each.kind == fault_kind::move_leader ||
        each.kind == fault_kind::rolling_restart;
    cr_assert(not(impossible));
  }
}

Test(chaos_schedule, always_deposes_a_leader_and_takes_the_quorum_away_from_one) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    for (const int seconds : {20, 30, 59, 60, 120}) {
      for (const int members : {1, 3}) {
        circumstances under;
        under.seed = seed;
        under.seconds = seconds;
        under.members = members;
        under.real_cuts = seed % 2 == 0;
        const std::vector<planned_fault> all = draw_schedule(under);
        const auto deposing = std::count_if(
            all.begin(), all.end(), [&](const auto& each) { return deposes(each, all, under); });
        cr_assert(ge(llong, deposing, std::max(1, seconds / 30)), "seed %d, %d s, %d members",
                  static_cast<int>(seed), seconds, members);
        const auto quorum = std::count_if(all.begin(), all.end(), [&](const auto& each) {
          return each.kind == fault_kind::quorum_lost &&
                 each.for_ms > under.ttl_ms;  // later than any deadline
        });
        cr_assert(eq(llong, quorum, members == 1 ? 0 : std::max(1, seconds / 60)));
      }
    }
  }
}

Test(chaos_schedule, has_one_of_each_where_a_long_ttl_leaves_no_room_for_more) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    circumstances under;
    under.seed = seed;
    under.ttl_ms = 10000;
    const std::vector<planned_fault> all = draw_schedule(under);
    const auto deposing = std::count_if(
        all.begin(), all.end(), [&](const auto& each) { return deposes(each, all, under); });
    const auto quorum = std::count_if(all.begin(), all.end(), [](const auto& each) {
      return each.kind == fault_kind::quorum_lost;
    });
    cr_assert(eq(llong, deposing, 1));
    cr_assert(eq(llong, quorum, 1));
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
