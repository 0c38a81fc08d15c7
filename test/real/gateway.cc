// How etcd can be set up so that its gateway is of no use. What the user is told names the cause
// and the remedy.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using test::instance;

namespace {

// Until a trouble says this; what was told else at the end of the guard.
void await_trouble(test::loop& loop, const instance& one, const std::string& cause,
                   const std::string& remedy) {
  test::run_until(loop, [&] {
    return std::any_of(one.troubles.begin(), one.troubles.end(), [&](const error& each) {
      return each.message.find(cause) != std::string::npos &&
             each.message.find(remedy) != std::string::npos;
    });
  });
}

void with_certificate(instance& one, const test::tls_etcd& server) {
  one.options.tls.ca_file = server.file("ca.pem");
  one.options.tls.cert_file = server.file("client.pem");
  one.options.tls.key_file = server.file("client.key");
}

void expect_nobody_elected(test::loop& loop, instance& one) {
  cr_assert(not(one.was_told("acquired")));
  one.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

}  // namespace

Test(gateway, that_is_off_is_named_with_the_option_that_turns_it_on) {
  test::etcd store(1, {"--enable-grpc-gateway=false"});
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  a.start();
  await_trouble(loop, a, "no HTTP/JSON gateway is there", "--enable-grpc-gateway=true");
  expect_nobody_elected(loop, a);
}

Test(gateway, that_cannot_reach_its_own_server_is_named_with_the_usage_its_certificate_lacks) {
  test::tls_etcd server({"serverAuth", "/O=client"});
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_certificate(a, server);
  a.start();
  await_trouble(loop, a, "--client-cert-auth", "needs the clientAuth usage");
  expect_nobody_elected(loop, a);
}

Test(gateway,
     that_refuses_a_certificates_common_name_under_authentication_is_named_with_the_way_around) {
  test::tls_etcd server({"serverAuth,clientAuth", "/CN=client"});
  for (const std::vector<std::string>& each :
       {std::vector<std::string>{"user", "add", "root:hunter2"},
        {"user", "grant-role", "root", "root"},
        {"auth", "enable"}}) {
    server.etcdctl(each);
  }
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_certificate(a, server);
  a.options.auth = {"root", "hunter2"};
  a.start();
  await_trouble(loop, a, "CommonName", "use a certificate without one");
  expect_nobody_elected(loop, a);
}

Test(gateway, that_does_not_know_the_endpoints_name_is_named_with_the_option_that_lists_it) {
  test::etcd store(1, {"--host-whitelist=127.0.0.1"});
  test::loop loop;
  const std::string url = store.endpoint();
  instance a(loop, "a", {"http://localhost" + url.substr(url.rfind(':'))});
  a.start();
  await_trouble(loop, a, "HTTP 421", "--host-whitelist");
  expect_nobody_elected(loop, a);
}
