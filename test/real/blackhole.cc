// Packets that vanish without a word: endpoints behind a proxy that swallows them.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <memory>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/proxy.hpp"

using namespace tenure;
using test::instance;
using test::traffic;

namespace {

struct behind_proxies {
  explicit behind_proxies(uv_loop_t* loop, std::size_t members) : etcd(members) {
    for (const std::string& url : etcd.endpoints()) {
      proxies.push_back(std::make_unique<test::proxy>(loop, url));
      urls.push_back(proxies.back()->url());
    }
  }
  test::etcd etcd;
  std::vector<std::unique_ptr<test::proxy>> proxies;
  std::vector<std::string> urls;
};

void await_renewals(uv_loop_t* loop, const instance& i, std::uint64_t more) {
  const auto before = i.session.stats().renewals;
  test::run_until(loop, [&] { return i.session.stats().renewals >= before + more; });
}

}  // namespace

Test(blackhole, of_one_endpoint_in_three_costs_no_leadership_whichever_and_in_whatever_direction) {
  test::loop loop;
  {
    behind_proxies world(loop, 3);
    instance a(loop, "a", world.urls);
    a.options.ttl = milliseconds(4000);
    a.start().await("acquired");
    for (auto& hole : world.proxies) {
      for (int direction = 0; direction < 2; ++direction) {
        if (direction == 0) {
          hole->to_server(traffic::drop());
        } else {
          hole->to_client(traffic::drop());
        }
        await_renewals(loop, a, 6);  // more than a TTL
        hole->both(traffic::pass());
      }
    }
    cr_assert(eq(llong, a.count("acquired"), 1));
    cr_assert(not(a.term.token.cancelled()));
    cr_assert(gt(ullong, a.session.stats().hedges, 0));
    a.close_and_wait();
    for (auto& p : world.proxies) p->close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

// A silent stream is asked TTL / 5 after its last sign of life, and given up when TTL / 5 later
// there is no answer.
Test(blackhole, of_a_waiting_candidates_watch_is_noticed_and_the_watch_replaced_within_the_probe) {
  test::loop loop;
  {
    behind_proxies world(loop, 3);
    instance a(loop, "a", world.etcd.endpoints());
    instance b(loop, "b", world.urls);
    a.options.ttl = b.options.ttl = milliseconds(10000);
    b.options.retry_delay = milliseconds(100);
    a.start().await("acquired");
    b.start().await("position 1");
    const auto confirmed = b.session.stats().confirmations;
    await_renewals(loop, b, 1);  // by now the stream has been asked once and is known to answer
    // The confirmation of that round tells how far the history goes. Else it would be asked first.
    test::run_until(loop, [&] { return b.session.stats().confirmations > confirmed; });
    const auto opened = b.session.stats().watch_opens;
    for (auto& hole : world.proxies) hole->to_client(traffic::drop());
    const auto silent = uv_hrtime();
    test::ok(a.resign());  // b cannot hear of it on that stream
    test::run_until(loop, [&] { return b.session.stats().watch_opens > opened; });
    const auto noticed = uv_hrtime();
    cr_assert(not(b.was_told("acquired")));
    // Half as much again for a busy machine: still well before anything else that could have
    // noticed, a TTL later.
    cr_assert(le(ullong, noticed - silent, 6000000000u));
    for (auto& hole : world.proxies) hole->both(traffic::pass());
    b.await("acquired");
    cr_assert(lt(ullong, b.when("acquired") - silent, 8000000000u),
              "its queue is read again only after a TTL");
    cr_assert(eq(ullong, b.session.stats().leases, 1), "its session was never in question");
    a.close_and_wait();
    b.close_and_wait();
    for (auto& p : world.proxies) p->close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

Test(blackhole, of_everything_ends_the_leadership_before_anybody_else_leads) {
  test::loop loop;
  {
    behind_proxies world(loop, 1);
    instance a(loop, "a", world.urls);
    instance b(loop, "b", world.etcd.endpoints());
    a.options.ttl = b.options.ttl = milliseconds(2000);
    a.start().await("acquired");
    b.start().await("position 1");
    const token before = a.term.token;
    bool overlap = false;
    b.on_event = [&](const std::string& what) {
      overlap = overlap || (what == "acquired" && !before.cancelled());
    };
    world.proxies[0]->both(traffic::drop());
    b.await("acquired");
    cr_assert(not(overlap));
    cr_assert(a.was_told("jeopardy"));
    cr_assert(
        eq(llong, a.count("lost deadline_passed") + a.count("lost reassurance_timed_out"), 1));
    world.proxies[0]->both(traffic::pass());
    a.await("campaigning", 2);
    a.close_and_wait();
    b.close_and_wait();
    world.proxies[0]->close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

Test(blackhole, an_answer_held_back_for_long_is_credited_from_its_sending) {
  test::loop loop;
  {
    behind_proxies world(loop, 1);
    instance a(loop, "a", world.urls);
    a.options.ttl = milliseconds(10000);
    a.options.request_timeout = milliseconds(3000);
    a.start().await("acquired");
    world.proxies[0]->to_client(traffic::delayed(1000));
    await_renewals(loop, a, 2);
    const auto left = a.term.token.time_left();
    // TTL - margin - grace, less the second on the way.
    cr_assert(le(llong, left.count(), (10000 - 250 - 1000 - 1000) * 1000000ll));
    cr_assert(ge(llong, a.session.stats().renewal_last.count(), 1000000000));
    world.proxies[0]->both(traffic::pass());
    a.close_and_wait();
    world.proxies[0]->close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}
