// Which election a key belongs to.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <chrono>
#include <string>

#include "wire/electorate.hpp"
#include "wire/names.hpp"

using tenure::wire::electorate;

namespace {

constexpr std::int64_t lease = 0x1234;

}  // namespace

Test(wire_electorate, gives_each_election_a_number_and_the_same_one_the_same) {
  electorate e("a");
  cr_assert(eq(u32, e.add(""), 0));
  cr_assert(eq(u32, e.add("x"), 1));
  cr_assert(eq(u32, e.add(""), 0));
  cr_assert(eq(u32, e.size(), 2));
  cr_assert(eq(type(std::string), std::string(e.prefix(1)), std::string("a/x/leader")));
  cr_assert(eq(type(std::string), e.watched_prefix(), std::string("a/")));
}

Test(wire_electorate, a_number_that_is_given_back_stands_for_the_next_one) {
  electorate e("a");
  for (int i = 0; i < 1000; ++i) {
    const std::string shard = "shard-" + std::to_string(i);
    const auto id = e.add(shard);
    cr_assert(eq(u32, +id, 0));
    cr_assert(e.find("a/" + shard + "/leader/1234").known);
    e.set_leader_since(id, tenure::value::time(std::chrono::seconds(i + 1)));
    e.remove(id);
    cr_assert(not(e.find("a/" + shard + "/leader/1234").known));
  }
  cr_assert(eq(u32, e.add("x"), 0));
  cr_assert(e.leader_since(0) == tenure::value::time());
  cr_assert(eq(u32, e.add("y"), 1));
  e.remove(0);
  cr_assert(eq(u32, e.add("y"), 1));
  cr_assert(eq(u32, e.add("z"), 0));
  cr_assert(eq(u32, e.size(), 2));
}

Test(wire_electorate, finds_the_election_and_the_lease_of_a_key) {
  electorate e("a");
  e.add("");
  e.add("b");
  e.add("ab");
  const struct {
    const char* key;
    bool known;
    std::uint32_t election;
    std::int64_t lease;
  } table[] = {
      {"a/leader/1234", true, 0, lease},
      {"a/b/leader/1234", true, 1, lease},
      {"a/ab/leader/1234", true, 2, lease},
      {"a/leader/zz", true, 0, 0},
      {"a/leader/", true, 0, 0},
      {"a/leader/01234", true, 0, 0},
      {"a/leader/deeper/1234", true, 0, 0},  // in front of ours in the queue, but not a candidate's
      {"a/b/leader/x/y/z/1234", true, 1, 0},
      {"a/leader", false, 0, 0},
      {"a/leaderx/1234", false, 0, 0},
      {"a/c/leader/1234", false, 0, 0},
      {"ab/leader/1234", false, 0, 0},
      {"b/leader/1234", false, 0, 0},
      {"a/1234", false, 0, 0},
      {"a/", false, 0, 0},
      {"", false, 0, 0},
      {"/", false, 0, 0},
      {"//", false, 0, 0},
  };
  for (const auto& row : table) {
    const auto owner = e.find(row.key);
    cr_assert(owner.known == row.known, "%s", row.key);
    if (!row.known) continue;
    cr_assert(eq(u32, +owner.election, +row.election), "%s", row.key);
    cr_assert(eq(i64, +owner.lease, +row.lease), "%s", row.key);
  }
}

Test(wire_electorate, an_app_inside_another_does_not_share_its_elections) {
  electorate outer("a");
  electorate inner("a/b");
  electorate beside("ab");
  for (electorate* e : {&outer, &inner, &beside}) e->add("");
  cr_assert(not(outer.find("a/b/leader/1234").known));
  cr_assert(inner.find("a/b/leader/1234").known);
  cr_assert(not(beside.find("a/b/leader/1234").known));
  cr_assert(not(inner.find("a/leader/1234").known));
  outer.add("b");  // this one is the same election
  cr_assert(outer.find("a/b/leader/1234").known);
}

Test(wire_electorate, keeps_its_numbers_when_it_grows) {
  electorate e("app");
  for (int i = 0; i < 2000; ++i)
    cr_assert(eq(u32, e.add("s" + std::to_string(i)), static_cast<std::uint32_t>(i)));
  for (std::uint32_t i = 0; i < 2000; ++i) {
    cr_assert(eq(u32, e.find(tenure::names::key(e.prefix(i), lease)).election, +i));
  }
}
