// What is denied. A stand that was refused may have been executed before: an HTTP client repeats
// what a reused connection lost. So its key is looked for when nobody wants it any more.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

// Its stand was executed, its repetition refused.
struct refused_host : core_host {
  refused_host() {
    stand(1);  // leads elsewhere
    feed(tenure::core::stand{0, true});
    (void)execute(op::stand);
    fail(op::stand, outcome::permission_denied);
    forget();
  }
};

}  // namespace

Test(core_denials, the_key_of_one_that_was_executed_all_the_same_goes_with_the_resignation) {
  refused_host h;
  h.feed(resign{0});
  h.run(second);
  cr_assert(eq(sz, h.count<resigned>(), 1));
  cr_assert(eq(sz, h.etcd.keys.size(), 1));
  cr_assert(h.leads(1));
}

Test(core_denials, where_nothing_was_executed_one_look_is_enough) {
  core_host h;
  h.feed(stand{0, true});
  h.serve(op::grant);
  h.fail(op::stand, outcome::permission_denied);
  h.feed(resign{0});
  h.run(100 * second);
  cr_assert(eq(sz, h.count<resigned>(), 1));
  cr_assert(eq(sz, h.count(op::withdraw), 1));
}

Test(core_denials, a_look_that_is_refused_too_costs_nobody_a_leadership) {
  refused_host h;
  const std::int64_t before = h.lease();
  h.feed(resign{0});
  for (int i = 0; i < 600; ++i) {
    h.wait(100 * millisecond);
    while (h.find(op::withdraw) != nullptr) h.fail(op::withdraw, outcome::permission_denied);
    h.serve_all();
  }
  cr_assert(eq(sz, h.count<resigned>(), 1));
  cr_assert(le(sz, h.count(op::withdraw), 6));
  cr_assert(h.leads(1));
  cr_assert(h.lease() == before);
}

Test(core_denials, the_key_goes_once_it_may_be_deleted_again) {
  refused_host h;
  h.feed(resign{0});
  h.turn();
  h.fail(op::withdraw, outcome::permission_denied);
  cr_assert(eq(sz, h.count<resigned>(), 1));
  h.run(10 * second);
  cr_assert(eq(sz, h.etcd.keys.size(), 1));
}

Test(core_denials, one_member_that_denies_is_enough_whatever_the_others_say) {
  settings s;
  s.endpoint_count = 3;
  core_host h(s);
  h.stand();
  const std::int64_t before = h.lease();
  h.feed(resign{0});
  h.stop_work(0);
  for (int i = 0; i < 3; ++i) {
    cr_assert(h.lease() == before);
    for (const outcome why :
         {outcome::unavailable, outcome::permission_denied, outcome::wrong_cluster}) {
      h.fail(op::withdraw, why);
    }
    h.wait(2 * second);
  }
  cr_assert(h.lease() != before);
}
