// An etcd that wants to know whom it talks to: TLS with client certificates, users with passwords.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sstream>

#include "test/real/users.hpp"
#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using test::instance;

namespace {

void with_certificate(instance& one, const test::tls_etcd& server, const char* who = "client") {
  one.options.tls.ca_file = server.file("ca.pem");
  one.options.tls.cert_file = server.file(std::string(who) + ".pem");
  one.options.tls.key_file = server.file(std::string(who) + ".key");
}

std::string as_root(const test::etcd& store, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--user", "root:hunter2"});
  return store.etcdctl(arguments);
}

void as_service(instance& one) { one.options.auth = {"service", "s3cret"}; }

// How many of a user's tokens etcd says that it has let go.
std::size_t tokens_gone(test::etcd& store, const std::string& user) {
  std::istringstream log(store.member().errors());
  std::size_t gone = 0;
  for (std::string line; std::getline(log, line);) {
    const auto says = [&line](const std::string& part) {
      return line.find(part) != std::string::npos;
    };
    if (says("deleted a simple token") && says(user)) ++gone;
  }
  return gone;
}

// It renews and confirms, and has led all the time.
void leads_on(test::loop& loop, const instance& a) {
  const auto renewals = a.session.stats().renewals;
  const auto confirmations = a.session.stats().confirmations;
  test::run_until(loop, [&] {
    return a.session.stats().renewals >= renewals + 3 &&
           a.session.stats().confirmations >= confirmations + 3;
  });
  cr_assert(eq(llong, a.count("acquired"), 1));
  cr_assert(not(a.term.token.cancelled()));
}

}  // namespace

Test(secured, by_client_certificates_it_elects_hands_over_and_survives_a_restart) {
  test::tls_etcd server;
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  instance b(loop, "b", {server.endpoint()});
  a.options.ttl = b.options.ttl = milliseconds(5000);
  with_certificate(a, server);
  with_certificate(b, server);
  a.start().await("acquired");
  b.start().await("position 1");
  server.kill();
  server.start();
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals >= renewals + 3; });
  cr_assert(eq(llong, a.count("acquired"), 1));
  test::ok(a.resign());
  b.await("acquired");
  cr_assert(gt(llong, b.term.fencing_token, a.term.fencing_token));
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(secured, a_certificate_of_somebody_else_is_reported_and_elects_nobody) {
  test::tls_etcd server;
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_certificate(a, server, "other");
  a.start().await("trouble unreachable");
  cr_assert(not(a.was_told("acquired")));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(secured, by_users_it_elects_hands_over_and_logs_in_again) {
  test::etcd store;
  test::with_users(store, "s3cret");
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  instance b(loop, "b", store.endpoints());
  a.options.ttl = b.options.ttl = milliseconds(5000);
  as_service(a);
  as_service(b);
  a.start().await("acquired");
  b.start().await("position 1");
  as_root(store, {"user", "add", "another:one"});  // moves the revision of all permissions
  leads_on(loop, a);
  store.restart();  // forgets every token
  leads_on(loop, a);
  test::ok(a.resign());
  b.await("acquired");
  a.close_and_wait();
  b.close_and_wait();
  const std::string left = as_root(store, {"get", "--prefix", "--keys-only", "app/"});
  cr_assert(eq(type(std::string), std::string(left), std::string()));
  cr_assert(zero(int, loop.close()));
}

Test(secured, a_token_that_ran_out_while_nothing_was_said_is_no_trouble) {
  test::etcd store(1, {"--auth-token-ttl=2", "--bcrypt-cost=4", "--logger=zap",
                       "--log-outputs=stderr", "--log-level=debug"});
  test::with_users(store, "s3cret");
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  instance b(loop, "b", store.endpoints());
  a.options.ttl = b.options.ttl = milliseconds(60000);  // long silences
  as_service(a);
  as_service(b);
  a.start().await("acquired");
  b.start().await("position 1");
  // Each of the two has said its last for now.
  test::run_until(loop, [&store] { return tokens_gone(store, "service") >= 2; });
  test::ok(a.resign());
  b.await("acquired");
  test::ok(b.resign());
  for (instance* each : {&a, &b}) {
    cr_assert(each->troubles.empty(), "%s", each->troubles.front().message.c_str());
    each->close_and_wait();
  }
  cr_assert(zero(int, loop.close()));
}

Test(secured, by_tokens_that_etcd_signs_it_goes_on_leading_when_the_users_change) {
  test::etcd store(1, {"--bcrypt-cost=4"});
  test::sign_tokens(store, "10m");
  test::with_users(store, "s3cret");
  const std::string token =
      store.post("/v3/auth/authenticate", R"({"name":"service","password":"s3cret"})").body;
  cr_assert(token.find("\"eyJ") != std::string::npos, "not a signed token: %s", token.c_str());
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  instance b(loop, "b", store.endpoints());
  as_service(a);
  as_service(b);
  a.start().await("acquired");
  b.start().await("position 1");
  as_root(store, {"user", "add",
                  "another:one"});  // a signed token names the revision that it was given at
  leads_on(loop, a);
  test::ok(a.resign());
  b.await("acquired");
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(secured, a_password_changed_under_it_is_a_loss_and_set_right_it_leads_again) {
  test::etcd store;
  test::with_users(store, "s3cret");
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  as_service(a);
  a.start().await("acquired");
  test::change_password(store, "other");
  a.await("trouble authentication_failed");
  a.await("lost deadline_passed");
  for (const error& each : a.troubles) cr_assert(each.message.find("s3cret") == std::string::npos);
  test::change_password(store, "s3cret");
  a.await("acquired", 2);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(secured, what_the_user_may_not_do_is_reported_as_that) {
  test::etcd store;
  test::with_users(store, "s3cret");
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  a.options.app = "elsewhere";
  as_service(a);
  // It may be elected first or not. That depends on etcd: 3.4.23 and 3.5.16 check no permission
  // within nested transactions.
  a.start().await("trouble permission_denied");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(secured, a_leader_that_may_only_read_any_more_leads_on_and_lets_its_lease_go_at_the_end) {
  test::etcd store;
  test::with_users(store, "s3cret");
  as_root(store, {"user", "add", "reader:s3cret"});
  as_root(store, {"role", "add", "narrow"});
  const auto may = [&store](const std::string& what) {
    as_root(store, {"role", "grant-permission", "narrow", "--prefix=true", what, "app/"});
  };
  may("readwrite");
  as_root(store, {"user", "grant-role", "reader", "narrow"});
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  instance b(loop, "b", store.endpoints());
  a.options.auth = {"reader", "s3cret"};
  as_service(b);
  a.start().await("acquired");
  b.start().await("position 1");
  may("read");
  // A confirmation writes nothing below the prefix, so it is allowed.
  leads_on(loop, a);
  test::ok(a.candidate.resign(milliseconds(1000), [](const error&) {}));
  a.stop_work();
  // Its key may not be deleted. If its lease were kept alive, nobody would ever lead again.
  b.await("acquired");
  cr_assert(gt(llong, b.term.fencing_token, a.term.fencing_token));
  cr_assert(a.was_told("trouble permission_denied"));
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
