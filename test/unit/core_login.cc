// The token that requests carry: held, doubted, asked for again after a pause.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "core/login.hpp"

using namespace tenure::core;

namespace {

constexpr nanos delay = 500 * millisecond;

// Draws the share that it was made with.
class share final : public choices {
 public:
  explicit share(std::uint64_t per_cent) : per_cent_(per_cent) {}
  std::uint64_t below(std::uint64_t bound) override { return (bound - 1) * per_cent_ / 100; }

 private:
  std::uint64_t per_cent_;
};
share least(0);
share most(100);

login logged_in() {
  login l(true);
  l.succeeded(0, 0);
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
  l.succeeded(0, 0);
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
  l.succeeded(0, 0);
  cr_assert(not(l.watch_waits()));
}

Test(core_login, the_pause_doubles_up_to_a_bound_and_begins_anew_after_a_success) {
  login l(true);
  nanos now = 1000 * second;
  nanos pause = 0;
  for (const int factor : {1, 2, 4, 8, 16, 32, 32}) {
    l.failed(now, delay, least);
    pause = l.not_before() - now;
    cr_assert(eq(i64, pause, factor * delay));
    now = l.not_before();
  }
  l.succeeded(0, 0);
  l.failed(now, delay, least);
  cr_assert(eq(i64, l.not_before() - now, +delay));
}

Test(core_login, a_pause_never_becomes_shorter) {
  login l(true);
  l.failed(1000 * second, delay, least);
  l.failed(900 * second, delay, least);
  cr_assert(eq(i64, l.not_before(), 1000 * second + delay));
}

Test(core_login, many_that_were_refused_at_once_do_not_come_back_at_once) {
  login early(true);
  login late(true);
  early.failed(0, delay, least);
  late.failed(0, delay, most);
  cr_assert(eq(i64, early.not_before(), +delay));
  cr_assert(eq(i64, late.not_before(), delay + delay / 2 - 1));
}

Test(core_login, a_token_whose_life_is_known_is_renewed_before_its_end) {
  login l(true);
  l.succeeded(1000 * second, 0);
  cr_assert(eq(i64, l.renew_at(), +never));
  l.succeeded(1000 * second, 100 * second);
  cr_assert(eq(i64, l.renew_at(), 1075 * second));
  cr_assert(l.held());
  l.give_up();
  cr_assert(eq(i64, l.renew_at(), +never));
}
