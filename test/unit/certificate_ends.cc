// A certificate that ends soon is told of once a day.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "session/certificate_ends.hpp"

using std::chrono::hours;
using std::chrono::seconds;
using tenure::detail::certificate_ends;

namespace {

constexpr hours day(24);

}  // namespace

Test(certificate_ends, it_is_told_once_a_day_while_less_is_left_than_was_asked) {
  certificate_ends ends;
  ends.open(14);
  cr_assert(ends.look("it", {}, seconds(0)).empty());
  cr_assert(ends.look("it", 14 * day, seconds(0)).empty());
  cr_assert(eq(type(std::string), ends.look("it", 14 * day - seconds(1), seconds(1)),
               std::string("it ends in 13 days: renew it")));
  cr_assert(ends.look("it", 13 * day, day).empty());
  cr_assert(eq(type(std::string), ends.look("it", day, day + seconds(1)),
               std::string("it ends in a day: renew it")));
  cr_assert(eq(type(std::string), ends.look("it", hours(1), 2 * day + seconds(1)),
               std::string("it ends in less than a day: renew it")));
  cr_assert(eq(type(std::string), ends.look("it", seconds(-1), 3 * day + seconds(1)),
               std::string("it has ended: renew it")));
}

Test(certificate_ends, each_is_told_for_itself_and_anew_after_it_was_renewed) {
  certificate_ends ends;
  ends.open(2);
  cr_assert(not(ends.look("one", day, seconds(0)).empty()));
  cr_assert(not(ends.look("other", day, seconds(0)).empty()));
  cr_assert(ends.look("one", 90 * day, seconds(1)).empty());
  cr_assert(not(ends.look("one", day, seconds(2)).empty()));
  cr_assert(ends.look("other", day, seconds(2)).empty());
}

Test(certificate_ends, nobody_is_warned_who_does_not_want_it) {
  certificate_ends ends;
  ends.open(0);
  cr_assert(ends.look("it", seconds(1), seconds(0)).empty());
}
