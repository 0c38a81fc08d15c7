// Endpoints that are names: several addresses, some of them bad; names that change or hang.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <memory>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/name_server.hpp"
#include "test/support/proxy.hpp"
#include "test/support/scripted_server.hpp"

using namespace tenure;
using test::instance;
using test::traffic;

namespace {

// One name, and proxies to an etcd on several addresses at one port.
struct named {
  explicit named(uv_loop_t* on) : loop(on), dns(on) {}

  test::proxy& add(const std::string& address, const test::etcd& to) {
    proxies.push_back(std::make_unique<test::proxy>(loop, to.endpoint(), address, port));
    port = proxies.back()->port();
    return *proxies.back();
  }
  [[nodiscard]] std::string url() const { return "http://etcd.test:" + std::to_string(port); }
  void close() {
    for (const auto& each : proxies) each->close();
  }

  uv_loop_t* loop;
  test::name_server dns;
  std::vector<std::unique_ptr<test::proxy>> proxies;
  int port = 0;
};

void await_renewals(uv_loop_t* loop, const instance& i, std::uint64_t more) {
  const auto before = i.session.stats().renewals;
  test::run_until(loop, [&] { return i.session.stats().renewals >= before + more; });
}

// Runs `test` with a loop, and sees that nothing is left in it.
template <class Test>
void on_a_loop(Test test) {
  test::loop loop;
  test(static_cast<uv_loop_t*>(loop));
  cr_assert(zero(int, loop.close()));
}

}  // namespace

Test(names, whichever_address_of_a_name_falls_silent_no_leadership_is_lost) {
  test::etcd etcd;
  on_a_loop([&](uv_loop_t* loop) {
    named name(loop);
    for (const char* each : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) name.add(each, etcd);
    name.dns.set("etcd.test", {"127.0.0.2", "127.0.0.3", "127.0.0.4"});
    instance a(loop, "a", {name.url()});
    a.start().await("acquired");
    for (auto& each : name.proxies) {
      each->both(traffic::drop());
      await_renewals(loop, a, 6);  // more than a TTL
      each->both(traffic::pass());
    }
    cr_assert(eq(llong, a.count("acquired"), 1));
    cr_assert(not(a.term.token.cancelled()));
    a.close_and_wait();
    name.close();
  });
}

Test(names, a_fresh_start_finds_the_one_good_address_whatever_the_others_do) {
  test::etcd etcd;
  for (const std::size_t bad : {1U, 8U, 24U}) {
    on_a_loop([&](uv_loop_t* loop) {
      named name(loop);
      name.add("127.0.0.200", etcd);
      std::vector<std::string> addresses;
      std::vector<std::unique_ptr<test::proxy>> silent;
      for (std::size_t i = 0; i < bad; ++i) {
        addresses.push_back("127.0.0." + std::to_string(i + 2));
        if (i % 2 != 0) continue;  // refused
        name.add(addresses.back(), etcd).both(traffic::drop());
      }
      addresses.emplace_back("127.0.0.200");
      name.dns.set("etcd.test", addresses);
      instance a(loop, "a", {name.url()});
      a.start().await("acquired");
      a.close_and_wait();
      name.close();
    });
  }
}

Test(names, a_message_names_the_endpoint_and_the_address) {
  on_a_loop([&](uv_loop_t* loop) {
    test::name_server dns(loop);
    dns.set("etcd.test", {"127.0.0.2", "127.0.0.3"});
    instance a(loop, "a", {"http://etcd.test:1"});
    a.start();
    test::run_until(loop, [&] { return !a.troubles.empty(); });
    const std::string& text = a.troubles[0].message;
    cr_assert(text.find("http://etcd.test:1 (127.0.0.") != std::string::npos, "%s", text.c_str());
    a.close_and_wait();
  });
}

Test(names, one_that_led_to_another_cluster_for_a_while_is_followed_when_it_is_put_right) {
  test::etcd right;
  test::etcd wrong;
  on_a_loop([&](uv_loop_t* loop) {
    named name(loop);
    test::proxy& to_right = name.add("127.0.0.2", right);
    name.add("127.0.0.3", wrong);
    name.dns.set("etcd.test", {"127.0.0.2"});
    instance a(loop, "a", {name.url()});
    a.options.retry_delay = milliseconds(50);
    a.start().await("acquired");
    name.dns.set("etcd.test", {"127.0.0.3"});
    to_right.both(traffic::reset());
    a.await("trouble wrong_cluster", 2);
    a.await("lost deadline_passed");
    to_right.both(traffic::pass());
    name.dns.set("etcd.test", {"127.0.0.2"});
    a.await("acquired", 2);
    a.close_and_wait();
    name.close();
  });
}

Test(names, two_clusters_behind_one_name_elect_nobody) {
  test::etcd one;
  test::etcd other;
  on_a_loop([&](uv_loop_t* loop) {
    named name(loop);
    name.add("127.0.0.2", one);
    name.add("127.0.0.3", other);
    name.dns.set("etcd.test", {"127.0.0.2", "127.0.0.3"});
    instance a(loop, "a", {name.url()});
    a.options.retry_delay = milliseconds(50);
    a.start().await("trouble wrong_cluster", 3);
    cr_assert(not(a.was_told("granted")));
    name.dns.set("etcd.test", {"127.0.0.3"});
    a.await("acquired");
    a.close_and_wait();
    name.close();
  });
}

Test(names, those_that_hang_delay_no_good_one) {
  test::etcd etcd;
  on_a_loop([&](uv_loop_t* loop) {
    named name(loop);
    name.add("127.0.0.2", etcd);
    name.dns.set("etcd.test", {"127.0.0.2"});
    std::vector<std::string> endpoints;
    for (int i = 0; i < 6; ++i) {
      name.dns.hang("hang" + std::to_string(i) + ".test");
      endpoints.push_back("http://hang" + std::to_string(i) + ".test:2379");
    }
    endpoints.push_back(name.url());
    instance a(loop, "a", endpoints);
    a.start().await("acquired");
    name.dns.hang("etcd.test");  // now all of them
    await_renewals(loop, a, 6);
    cr_assert(not(a.term.token.cancelled()));
    a.close_and_wait();
    name.close();
  });
}

Test(names, close_waits_for_none_that_hangs) {
  on_a_loop([&](uv_loop_t* loop) {
    test::name_server dns(loop);
    dns.hang();
    instance a(loop, "a", {"http://etcd.test:2379", "http://other.test:2379"});
    a.options.request_timeout = milliseconds(500);
    a.start();
    test::run_until(loop, [&] { return !a.troubles.empty(); });
    a.close();
    // stop_grace is 300 ms and request_timeout 500; the guard is for a loaded machine.
    test::run_until(
        loop, [&] { return a.closed; }, 4);
  });
}
