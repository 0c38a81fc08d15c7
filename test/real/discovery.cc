// Etcd found by SRV records.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <string>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/name_server.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using test::instance;

namespace {

int port_of(const std::string& url) { return std::stoi(url.substr(url.rfind(':') + 1)); }

test::name_server::service member(const test::etcd& etcd, std::size_t number) {
  return {"m" + std::to_string(number) + ".test", port_of(etcd.endpoint(number)), 0, 0};
}

// A loop with a name server that knows m0.test and so on.
struct found {
  explicit found(uv_loop_t* on) : dns(on) {
    for (const char* each : {"m0.test", "m1.test", "m2.test"}) dns.set(each, {"127.0.0.1"});
  }
  test::name_server dns;
};

// Runs `test` with a loop, and sees that nothing is left in it.
template <class Test>
void on_a_loop(Test test) {
  test::loop loop;
  test(static_cast<uv_loop_t*>(loop));
  cr_assert(zero(int, loop.close()));
}

bool was_told_of(const instance& who, const std::string& part) {
  return std::any_of(who.troubles.begin(), who.troubles.end(), [&](const error& each) {
    return each.message.find(part) != std::string::npos;
  });
}

}  // namespace

Test(discovery, members_that_the_records_name_are_followed_when_those_change) {
  test::etcd etcd(3);
  on_a_loop([&](uv_loop_t* loop) {
    found at(loop);
    at.dns.set_services("_etcd-client._tcp.example.test", {member(etcd, 0)});
    instance a(loop, "a", {});
    a.options.discovery_srv = "example.test";
    a.options.insecure_discovery = true;
    a.options.ttl = milliseconds(30000);
    a.start().await("acquired");
    at.dns.set_services("_etcd-client._tcp.example.test", {member(etcd, 1), member(etcd, 2)});
    etcd.kill(0);
    const auto before = a.session.stats().renewals;
    test::run_until(loop, [&] { return a.session.stats().renewals >= before + 2; });
    cr_assert(not(a.term.token.cancelled()));
    cr_assert(eq(llong, a.count("acquired"), 1));
    a.close_and_wait();
  });
}

Test(discovery, no_records_are_told_of_and_looked_for_again_until_there_are_some) {
  test::etcd etcd;
  on_a_loop([&](uv_loop_t* loop) {
    found at(loop);
    instance a(loop, "a", {});
    a.options.discovery_srv = "example.test";
    a.options.insecure_discovery = true;
    a.start();
    test::run_until(loop, [&] {
      return was_told_of(a, "cannot find etcd by the SRV records of example.test: ");
    });
    at.dns.set_services("_etcd-client._tcp.example.test", {member(etcd, 0)});
    a.await("acquired");
    a.close_and_wait();
  });
}

Test(discovery, certificates_must_be_for_the_domain_and_not_for_what_the_records_name) {
  for (const bool good : {true, false}) {
    test::tls_etcd::certificates asked;
    asked.server_names = good ? "DNS:example.test" : "DNS:m0.test";
    test::tls_etcd etcd(asked);
    on_a_loop([&](uv_loop_t* loop) {
      found at(loop);
      at.dns.set_services("_etcd-client-ssl._tcp.example.test", {{"m0.test", etcd.port(), 0, 0}});
      instance a(loop, "a", {});
      a.options.discovery_srv = "example.test";
      a.options.tls.ca_file = etcd.file("ca.pem");
      a.options.tls.cert_file = etcd.file("client.pem");
      a.options.tls.key_file = etcd.file("client.key");
      a.start();
      test::run_until(loop, [&] {
        return good ? a.was_told("acquired") : was_told_of(a, "is not for this host");
      });
      cr_assert(eq(int, a.was_told("acquired"), good));
      a.close_and_wait();
    });
  }
}
