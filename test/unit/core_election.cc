// The queue of one election: what a reading and what a delete make of it.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vector>

#include "core/election.hpp"

using namespace tenure::core;

namespace {

constexpr std::int64_t own = 9;
constexpr std::int64_t own_revision = 50;

election queued() {
  election e;
  e.state = standing::queued;
  e.own_revision = own_revision;
  return e;
}

election queued_behind(const std::vector<rival>& front, std::int64_t read_revision = 60) {
  election e = queued();
  e.front = front;
  e.read_revision = read_revision;
  return e;
}

}  // namespace

Test(core_election, takes_from_a_reading_who_is_in_front) {
  const rival first{20, 1};
  const rival second_one{30, 2};
  const rival me{own_revision, own};
  const rival behind{70, 3};
  const rival foreign{40, 0};
  const rival old_self{45, own};  // of our name, but not our key
  const struct {
    const char* what;
    std::vector<rival> read;
    bool more;
    std::size_t front;
    bool front_more;
  } table[] = {
      {"alone", {me}, false, 0, false},
      {"nobody behind counts", {me, behind}, false, 0, false},
      {"two in front", {first, second_one, me, behind}, false, 2, false},
      {"a foreign key in front counts", {foreign, me}, false, 1, false},
      {"own key gone", {first, behind}, false, 1, false},
      {"empty", {}, false, 0, false},
      {"cut before our own", {first, second_one}, true, 2, true},
      {"cut behind our own place", {first, behind}, true, 1, false},
      {"cut behind our own", {first, me}, true, 1, false},
      {"another create revision is another key", {old_self, behind}, false, 1, false},
  };
  for (const auto& row : table) {
    election e = queued();
    e.front = {{1, 1}};
    take_queue(e, row.read.data(), row.read.size(), row.more, 80, own);
    cr_assert(eq(sz, e.front.size(), +row.front), "%s", row.what);
    cr_assert(e.front_more == row.front_more, "%s", row.what);
    cr_assert(eq(i64, +e.read_revision, 80));
  }
}

Test(core_election, a_delete_does_to_the_queue_what_its_revision_and_name_say) {
  const std::vector<rival> front{{20, 1}, {30, 2}};
  const std::vector<rival> with_foreign{{20, 1}, {30, 0}};
  const struct {
    const char* what;
    std::vector<rival> front;
    std::int64_t lease, at;
    effect_of_delete effect;
    std::size_t left;
  } table[] = {
      {"the first", front, 1, 61, effect_of_delete::shorter, 1},
      {"the second", front, 2, 61, effect_of_delete::shorter, 1},
      {"somebody behind", front, 3, 61, effect_of_delete::none, 2},
      {"known to the reading", front, 1, 60, effect_of_delete::none, 2},
      {"long known", front, 1, 25, effect_of_delete::none, 2},
      {"our own", front, own, 61, effect_of_delete::own_key, 2},
      {"our own as known to the reading", front, own, 60, effect_of_delete::none, 2},
      {"an earlier key of our own", front, own, 50, effect_of_delete::none, 2},
      {"a foreign one, none of them in front", front, 0, 61, effect_of_delete::none, 2},
      {"a foreign one, perhaps the one in front", with_foreign, 0, 61, effect_of_delete::unclear,
       2},
      {"a foreign one known to the reading", with_foreign, 0, 60, effect_of_delete::none, 2},
      {"nobody in front", {}, 1, 61, effect_of_delete::none, 0},
  };
  for (const auto& row : table) {
    election e = queued_behind(row.front);
    cr_assert(take_delete(e, {0, true, row.lease, 0, row.at}, own) == row.effect, "%s", row.what);
    cr_assert(eq(sz, e.front.size(), +row.left), "%s", row.what);
  }
}

Test(core_election, a_delete_of_our_name_without_a_key_means_nothing) {
  election e = queued_behind({});
  e.own_revision = 0;
  cr_assert(take_delete(e, {0, true, own, 0, 99}, own) == effect_of_delete::none);
}

Test(core_election, a_foreign_delete_is_never_taken_for_our_own) {
  election e = queued_behind({});
  cr_assert(take_delete(e, {0, true, 0, 0, 99}, 0) == effect_of_delete::none,
            "no lease has the id 0");
}

Test(core_election, elections_are_counted_by_their_standing) {
  elections all;
  all.of(3);
  cr_assert(eq(u32, all.size(), 4));
  cr_assert(eq(sz, all.count(standing::idle), 4));
  all.enter(all[2], standing::wanting);
  all.enter(all[2], standing::leading);
  cr_assert(eq(sz, all.count(standing::idle), 3));
  cr_assert(eq(sz, all.count(standing::wanting), 0));
  cr_assert(eq(sz, all.count(standing::leading), 1));
  all.of(1);
  cr_assert(eq(u32, all.size(), 4));
}
