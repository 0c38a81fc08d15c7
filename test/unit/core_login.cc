// The token that requests carry: held, doubted, asked for again after a pause.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/login.hpp"

using namespace tenure::core;

namespace {

constexpr nanos delay = 500 * millisecond;

login logged_in() {
  login l(true);
  l.succeeded();
  return l;
}

}  // namespace

Test(core_login, a_cluster_without_authentication_needs_none) {
  login l(false);
  cr_assert(l.held());
  cr_assert(not(l.refused(0)), "a refusal is no matter of ours");
  l.refused_to_watch();
  l.hung_up(0);
  l.hung_up(0);
  cr_assert(l.held());
  cr_assert(not(l.watch_waits()));
}

Test(core_login, a_refusal_of_an_older_token_says_nothing_of_this_one) {
  login l = logged_in();
  const std::uint32_t old = l.number();
  l.succeeded();
  cr_assert(l.refused(old));
  cr_assert(l.held());
  cr_assert(l.refused(l.number()));
  cr_assert(not(l.held()));
}

Test(core_login, two_connections_in_a_row_that_hang_up_speak_against_the_token) {
  login l = logged_in();
  l.hung_up(l.number());
  l.answered();
  l.hung_up(l.number());
  l.hung_up(l.number() - 1);
  cr_assert(l.held());
  l.hung_up(l.number());
  cr_assert(not(l.held()));
}

Test(core_login, a_watch_waits_until_there_is_a_token) {
  login l = logged_in();
  l.refused_to_watch();
  cr_assert(l.watch_waits());
  cr_assert(not(l.held()));
  l.succeeded();
  cr_assert(not(l.watch_waits()));
}

Test(core_login, the_pause_doubles_up_to_a_bound_and_begins_anew_after_a_success) {
  login l(true);
  nanos now = 1000 * second;
  nanos pause = 0;
  for (const int factor : {1, 2, 4, 8, 16, 32, 32}) {
    l.failed(now, delay);
    pause = l.not_before() - now;
    cr_assert(eq(i64, pause, factor * delay));
    now = l.not_before();
  }
  l.succeeded();
  l.failed(now, delay);
  cr_assert(eq(i64, l.not_before() - now, +delay));
}

Test(core_login, a_pause_never_becomes_shorter) {
  login l(true);
  l.failed(1000 * second, delay);
  l.failed(900 * second, delay);
  cr_assert(eq(i64, l.not_before(), 1000 * second + delay));
}
