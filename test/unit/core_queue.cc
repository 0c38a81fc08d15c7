// The queue of one election: what a reading and what a delete make of it.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <vector>

#include "core/queue.hpp"

using namespace tenure::core;

namespace {

constexpr std::int64_t own = 9;  // the lease of our key
constexpr std::int64_t own_revision = 50;

constexpr rival me{own_revision, own};

queue queued_behind(const std::vector<rival>& front) {
  queue q;
  q.take({front.data(), front.size(), false, 60, 0, false}, me);
  return q;
}

}  // namespace

Test(core_queue, takes_from_a_reading_who_is_in_front) {
  const rival first{20, 1};
  const rival second_one{30, 2};
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
    queue q = queued_behind({{1, 1}});
    q.take({row.read.data(), row.read.size(), row.more, 80, 0, false}, me);
    cr_assert(eq(sz, q.front().size(), +row.front), "%s", row.what);
    cr_assert(q.more() == row.front_more, "%s", row.what);
    cr_assert(eq(i64, q.first(), row.front != 0 ? row.read.front().create_revision : 0), "%s",
              row.what);
  }
}

Test(core_queue, a_delete_does_to_the_queue_what_its_revision_and_name_say) {
  const std::vector<rival> front{{20, 1}, {30, 2}};
  const std::vector<rival> with_foreign{{20, 1}, {30, 0}};
  const struct {
    const char* what;
    std::vector<rival> front;
    std::int64_t lease, at;
    queue::effect effect;
    std::size_t left;
  } table[] = {
      {"the first", front, 1, 61, queue::effect::shorter, 1},
      {"the second", front, 2, 61, queue::effect::shorter, 1},
      {"somebody behind", front, 3, 61, queue::effect::none, 2},
      {"known to the reading", front, 1, 60, queue::effect::none, 2},
      {"long known", front, 1, 25, queue::effect::none, 2},
      {"our own", front, own, 61, queue::effect::own_key, 2},
      {"our own as known to the reading", front, own, 60, queue::effect::none, 2},
      {"an earlier key of our own", front, own, 50, queue::effect::none, 2},
      {"a foreign one, none of them in front", front, 0, 61, queue::effect::none, 2},
      {"a foreign one, perhaps the one in front", with_foreign, 0, 61, queue::effect::unclear, 2},
      {"a foreign one known to the reading", with_foreign, 0, 60, queue::effect::none, 2},
      {"nobody in front", {}, 1, 61, queue::effect::none, 0},
  };
  for (const auto& row : table) {
    queue q = queued_behind(row.front);
    cr_assert(q.take_delete({0, true, row.lease, 0, row.at}, me) == row.effect, "%s", row.what);
    cr_assert(eq(sz, q.front().size(), +row.left), "%s", row.what);
  }
}

Test(core_queue, a_delete_of_our_name_without_a_key_means_nothing) {
  queue q = queued_behind({});
  cr_assert(q.take_delete({0, true, own, 0, 99}, {0, own}) == queue::effect::none);
}

Test(core_queue, a_foreign_delete_is_never_taken_for_our_own) {
  queue q = queued_behind({});
  cr_assert(q.take_delete({0, true, 0, 0, 99}, {own_revision, 0}) == queue::effect::none,
            "no lease has the id 0");
}

Test(core_queue, is_sure_until_something_happens_that_only_a_reading_can_show) {
  const auto read = [](queue& q, std::int64_t revision, bool outdated) {
    q.take({nullptr, 0, false, revision, 7, outdated}, me);
  };
  queue q;
  read(q, 60, false);
  cr_assert(q.sure());
  cr_assert(q.read_since(7));
  cr_assert(not(q.read_since(8)));
  q.doubt();
  cr_assert(not(q.sure()));
  read(q, 70, true);
  cr_assert(not(q.sure()), "events behind that reading were lost");
  read(q, 80, false);
  cr_assert(q.sure());
}

Test(core_queue, keeps_what_is_heard_while_it_is_read_until_it_is_asked_or_forgets) {
  queue q = queued_behind({{20, 1}});
  q.keep({0, true, 1, 0, 61});
  cr_assert(eq(sz, q.take_kept().size(), 1));
  cr_assert(eq(sz, q.take_kept().size(), 0));
  q.keep({0, true, 1, 0, 62});
  q.drop_kept();
  cr_assert(eq(sz, q.take_kept().size(), 0));
  q.keep({0, true, 1, 0, 63});
  q.forget();
  cr_assert(eq(sz, q.take_kept().size(), 0));
  cr_assert(eq(sz, q.front().size(), 0));
}
