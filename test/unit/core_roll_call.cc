// Before a lease is granted every endpoint is asked for its cluster. Two clusters would elect two
// leaders.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/core_host.hpp"

using namespace tenure::core;
using tenure::test::core_host;

namespace {

struct many_endpoints : core_host {
  explicit many_endpoints(std::size_t count) : core_host(with(count)) {
    feed(tenure::core::stand{0, true});
  }

  explicit many_endpoints(const settings& s) : core_host(s) { feed(tenure::core::stand{0, true}); }

  static settings with(std::size_t count, bool names = false) {
    settings s;
    s.names = names;
    s.endpoint_count = count;
    return s;
  }
  // The endpoint's introduction is answered by this cluster.
  void introduce(std::uint32_t endpoint, std::uint64_t cluster) {
    const tenure::core::send asked = open_at(endpoint);
    answer a = etcd.execute(asked);
    a.cluster = cluster;
    arrive(a);
  }
  void refuse(std::uint32_t endpoint) {
    answer a;
    a.call = open_at(endpoint).call;
    a.what = outcome::not_sent;
    arrive(a);
  }

 private:
  tenure::core::send open_at(std::uint32_t endpoint) const {
    for (const tenure::core::send& s : open) {
      if (s.what == op::introduce && s.endpoint == endpoint) return s;
    }
    tenure::test::give_up("nobody was asked there");
  }
};

}  // namespace

Test(core_roll_call, one_endpoint_is_one_cluster_and_costs_no_request) {
  many_endpoints h(1);
  cr_assert(eq(sz, h.count(op::introduce), 0));
  cr_assert(h.find(op::grant) != nullptr);
}

Test(core_roll_call, every_endpoint_is_asked_once_and_at_the_same_time) {
  many_endpoints h(3);
  cr_assert(eq(sz, h.count(op::introduce), 3));
  h.introduce(1, 7);
  h.introduce(0, 7);
  cr_assert(h.find(op::grant) == nullptr);
  h.introduce(2, 7);
  cr_assert(h.find(op::grant) != nullptr);
  h.serve_all();
  cr_assert(h.leads());
  cr_assert(eq(sz, h.count(op::introduce), 3));
  cr_assert(eq(u64, h.m.requests().nodes().changes(), 0),
            "who answers last is not preferred for that");
}

Test(core_roll_call, all_addresses_of_a_name_are_asked_also_those_that_turn_up_meanwhile) {
  many_endpoints h(many_endpoints::with(1, true));
  cr_assert(eq(sz, h.count(op::introduce), 1));
  h.feed(endpoints_changed{0b111, 0b111});
  cr_assert(eq(sz, h.count(op::introduce), 3));
  h.introduce(0, 7);
  h.introduce(2, 7);
  cr_assert(h.find(op::grant) == nullptr);
  h.introduce(1, 8);
  cr_assert(eq(sz, h.count(op::grant), 0));
  cr_assert(h.last<trouble>().why == outcome::wrong_cluster);
  cr_assert(eq(u32, h.redialled.at(0), 1U));
}

Test(core_roll_call, who_does_not_answer_holds_nobody_up_for_long) {
  many_endpoints h(3);
  h.introduce(0, 7);
  h.refuse(1);
  h.wait(h.m.times().hedge_after);
  cr_assert(h.find(op::grant) != nullptr);
  cr_assert(eq(u32, +h.find(op::grant)->endpoint, 0U));
  cr_assert(eq(sz, h.count<trouble>(), 0));
}

Test(core_roll_call, without_an_answer_it_is_asked_again_after_a_pause_and_told) {
  many_endpoints h(2);
  h.refuse(0);
  h.refuse(1);
  cr_assert(eq(sz, h.count<trouble>(), 1));
  cr_assert(h.last<trouble>().request == op::introduce);
  cr_assert(h.open.empty());
  h.wait(h.m.times().retry_delay * 3 / 2);
  cr_assert(eq(sz, h.count(op::introduce), 4));
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_roll_call, with_two_clusters_nobody_stands_whoever_answers_first) {
  for (const std::uint32_t first : {0U, 1U}) {
    many_endpoints h(2);
    h.introduce(first, 7 + first);
    h.introduce(1 - first, 8 - first);
    cr_assert(eq(sz, h.count<trouble>(), 1));
    cr_assert(h.last<trouble>().why == outcome::wrong_cluster);
    h.wait(h.m.times().retry_delay * 3 / 2);
    h.introduce(1 - first, 8 - first);  // now the other one is the first
    h.introduce(first, 7 + first);
    cr_assert(h.last<trouble>().endpoint == first);
    cr_assert(eq(sz, h.count(op::grant), 0));
  }
}

Test(core_roll_call, once_all_are_of_one_cluster_it_goes_on_with_whichever_that_is) {
  many_endpoints h(2);
  h.introduce(0, 7);
  h.introduce(1, 8);
  h.wait(h.m.times().retry_delay * 3 / 2);
  h.etcd.cluster = 8;
  h.introduce(0, 8);
  h.introduce(1, 8);
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_roll_call, each_lease_needs_its_own) {
  many_endpoints h(2);
  h.serve_all();
  cr_assert(h.leads());
  h.etcd.revoke(h.lease());
  h.deliver();
  h.serve(op::keepalive);
  h.stop_work(0);
  cr_assert(eq(sz, h.count(op::introduce), 4));
  h.introduce(0, 7);
  h.introduce(1, 8);
  cr_assert(eq(sz, h.count(op::grant), 1));
  h.wait(h.m.times().retry_delay * 3 / 2);
  h.introduce(1, 7);  // it is remembered whose lease was held
  h.introduce(0, 7);
  h.serve_all();
  cr_assert(h.leads());
}

Test(core_roll_call, closing_meanwhile_ends_at_once) {
  many_endpoints h(3);
  h.feed(tenure::core::close{});
  cr_assert(h.finished);
  cr_assert(h.open.empty());
}

Test(core_roll_call, a_cluster_that_was_known_before_is_not_forgotten_for_a_stranger) {
  core_host h(many_endpoints::with(2));
  h.feed(observe{0, true});
  h.serve(op::read_leader);  // by cluster 7
  h.feed(tenure::core::stand{0, true});
  for (int round = 0; round < 3; ++round) {
    for (const std::uint32_t endpoint : {0U, 1U}) {
      answer a;
      for (const tenure::core::send& s : h.open) {
        if (s.what == op::introduce && s.endpoint == endpoint) a.call = s.call;
      }
      a.what = endpoint == 0 ? outcome::not_sent : outcome::ok;
      a.cluster = 8;
      h.arrive(a);
    }
    cr_assert(eq(sz, h.count(op::grant), 0));
    h.wait(h.m.times().retry_delay * 8 * 3 / 2);
  }
}
