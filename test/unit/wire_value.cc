// What stands in a candidate's key.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <chrono>
#include <string>

#include "wire/value.hpp"

namespace value = tenure::value;

namespace {

value::time at(std::int64_t nanoseconds) {
  return value::time(std::chrono::nanoseconds(nanoseconds));
}

}  // namespace

Test(wire_value, times_are_rfc3339_in_utc_with_nanoseconds) {
  cr_assert(
      eq(type(std::string), value::rfc3339(at(0)), std::string("1970-01-01T00:00:00.000000000Z")));
  cr_assert(eq(type(std::string), value::rfc3339(at(1'700'000'000'000'000'001)),
               std::string("2023-11-14T22:13:20.000000001Z")));
  cr_assert(eq(type(std::string), value::rfc3339(at(951'782'399'999'999'999)),
               std::string("2000-02-28T23:59:59.999999999Z")));
  cr_assert(eq(type(std::string), value::rfc3339(at(4'107'542'400'000'000'000)),
               std::string("2100-03-01T00:00:00.000000000Z")));
}

Test(wire_value, a_clock_set_before_1970_still_gives_a_time) {
  cr_assert(
      eq(type(std::string), value::rfc3339(at(-1)), std::string("1969-12-31T23:59:59.999999999Z")));
}

Test(wire_value, says_who_waits_and_who_leads) {
  cr_assert(
      eq(type(std::string), value::waiting("me", at(1)),
         std::string(
             R"({"Instance":"me","SeekingLeadershipSince":"1970-01-01T00:00:00.000000001Z"})")));
  value::leading me("me", at(2));
  const std::string head = R"({"Instance":"me","LeaderSince":")";
  const std::string tail = R"(","LastSeen":"1970-01-01T00:00:00.000000002Z"})";
  for (const auto& [since, shown] : std::vector<std::pair<std::int64_t, std::string>>{
           {1, "1970-01-01T00:00:00.000000001Z"},
           {999'999'999, "1970-01-01T00:00:00.999999999Z"},
           {1'000'000'000, "1970-01-01T00:00:01.000000000Z"},
           {-1, "1969-12-31T23:59:59.999999999Z"},
           {1'700'000'000'000'000'001, "2023-11-14T22:13:20.000000001Z"},
           {1'700'000'000'000'000'020, "2023-11-14T22:13:20.000000020Z"}}) {
    cr_assert(eq(type(std::string), std::string(me.since(at(since))), head + shown + tail));
  }
}

Test(wire_value, an_instance_of_any_text_comes_back) {
  for (const char* text : {"a", "\"", "\\", "</script>", "日本語", "a/b", "{}"}) {
    cr_assert(
        eq(type(std::string), value::instance_of(value::waiting(text, at(1))), std::string(text)));
    cr_assert(eq(type(std::string), value::instance_of(value::leading(text, at(2)).since(at(1))),
                 std::string(text)));
  }
}

Test(wire_value, of_any_other_value_there_is_no_instance) {
  for (const char* text :
       {"", "me", "{", "[]", "{}", "7", "null", R"({"Instance":null})", R"({"instance":"me"})",
        R"("Instance")", "\xff", R"({"Instance":"a"} x)"}) {
    cr_assert(value::instance_of(text).empty(), "%s", text);
  }
}

Test(wire_value, a_hostile_value_is_no_danger) {
  cr_assert(value::instance_of(std::string(200'000, '[')).empty());
  cr_assert(value::instance_of(R"({"Instance":)" + std::string(100'000, '{')).empty());
}
