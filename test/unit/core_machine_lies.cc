// What a leadership that began by an answer that was not true comes to.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

bool lost_for(const core_host& h, cause why) {
  return h.count<cancelled>() == 1 && h.count<lost>() == 1 && h.last<lost>().why == why;
}

// Is led to believe that nobody is in front, though somebody is.
core_host lied_to() {
  core_host h;
  h.etcd.put(0, 77);
  h.feed(tenure::core::stand{0});
  for (const op each : {op::introduce, op::grant, op::stand, op::stand}) {
    if (h.find(each) == nullptr) continue;
    answer a = h.execute(each);
    if (!a.rivals.empty()) {  // (the first stand asks for an empty queue)
      a.items[0].first = 1;
      a.items[0].count = 1;
    }
    h.arrive(a);
  }
  cr_assert(h.leads());
  h.feed(woke{});
  return h;
}

}  // namespace

Test(core_machine_lies, a_leader_by_a_lie_is_found_out_by_its_announcement) {
  core_host h = lied_to();
  h.run(30 * millisecond);
  cr_assert(lost_for(h, cause::reassurance_failed));
  h.stop_work(0);
  h.run(second);
  cr_assert(h.standing() == standing::queued, "behind the one who leads");
  cr_assert(eq(sz, h.count<acquired>(), 1));
}

Test(core_machine_lies, a_leader_by_a_lie_is_found_out_by_a_reassurance_if_it_cannot_announce) {
  core_host h = lied_to();
  h.etcd.full = true;
  h.run(30 * millisecond);
  cr_assert(lost_for(h, cause::reassurance_failed));
}

Test(core_machine_lies, a_leader_that_was_seen_to_be_the_first_compares_the_queue_no_more) {
  core_host h;
  h.stand();
  h.run(second);
  cr_assert(eq(i64, +h.last(op::announce).items.at(0).nobody_before, h.terms[0]));
  h.forget();
  h.run(10 * second);
  cr_assert(gt(sz, h.count(op::reassure), 0));
  cr_assert(eq(i64, +h.last(op::reassure).items.at(0).nobody_before, 0));
}
