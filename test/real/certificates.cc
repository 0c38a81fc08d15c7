// TLS that lives: certificates are renewed, break, end, and are for somebody else.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <fstream>

#include "test/real/command_run.hpp"
#include "test/support/instance.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using test::instance;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A server shows its own certificate to itself, too: its gateway is a client of it.
void with_another_ca(const test::tls_etcd& server) {
  server.sign("later", "other");
  std::ofstream(server.file("both.pem"))
      << test::file_text(server.file("ca.pem")) << test::file_text(server.file("other.pem"));
}

void start_with_another_ca(test::tls_etcd& server, const std::string& client_ca) {
  server.kill();
  server.replace("server.pem", "later.pem");
  server.replace("server.key", "later.key");
  server.start(client_ca);
}

// Files of its own, that a test may replace.
void with_files(instance& one, const test::tls_etcd& server) {
  server.replace("my-ca.pem", "ca.pem");
  server.replace("my.pem", "client.pem");
  server.replace("my.key", "client.key");
  one.options.ttl = milliseconds(5000);
  one.options.tls.ca_file = server.file("my-ca.pem");
  one.options.tls.cert_file = server.file("my.pem");
  one.options.tls.key_file = server.file("my.key");
}

// Renews on connections that were opened since, and has led all the time.
void leads_on(test::loop& loop, const instance& a) {
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals >= renewals + 3; });
  cr_assert(eq(llong, a.count("acquired"), 1));
  cr_assert(not(a.term.token.cancelled()));
}

void await_log(test::loop& loop, const std::vector<std::string>& log, const std::string& event) {
  test::run_until(loop, [&] { return std::find(log.begin(), log.end(), event) != log.end(); });
}

// The events of its log.
std::vector<std::string>& listen(instance& one, std::vector<std::string>& to) {
  one.options.log = [&to](const log_record& r) { to.emplace_back(r.event); };
  return to;
}

bool has_trouble(const instance& one, const std::string& part) {
  return std::any_of(one.troubles.begin(), one.troubles.end(),
                     [&](const error& e) { return says(e.message, part); });
}

}  // namespace

Test(certificates, those_of_a_client_are_renewed_while_it_leads) {
  test::tls_etcd server;
  with_another_ca(server);
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_files(a, server);
  server.replace("my-ca.pem", "both.pem");
  std::vector<std::string> log;
  listen(a, log);
  a.start().await("acquired");
  server.replace("my.key", "other.key");  // one after the other, as programs do
  server.replace("my.pem", "other.pem");
  await_log(loop, log, "certificates_renewed");
  start_with_another_ca(server, "other.pem");  // trusts the old ones no more
  leads_on(loop, a);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(certificates, another_ca_is_trusted_once_it_is_in_the_file) {
  test::tls_etcd server;
  with_another_ca(server);
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_files(a, server);
  std::vector<std::string> log;
  listen(a, log);
  a.start().await("acquired");
  server.replace("my-ca.pem", "both.pem");
  await_log(loop, log, "certificates_renewed");
  start_with_another_ca(server, "both.pem");
  leads_on(loop, a);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(certificates, a_broken_file_is_reported_once_and_the_old_one_stays_in_use) {
  test::tls_etcd server;
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_files(a, server);
  std::vector<std::string> log;
  listen(a, log);
  a.start().await("acquired");
  std::ofstream(server.file("my.pem")) << "garbage";
  a.await("trouble system");
  cr_assert(says(a.troubles.back().message, server.file("my.pem")), "%s",
            a.troubles.back().message.c_str());
  cr_assert(says(a.troubles.back().message, "old ones stay in use"));
  server.kill();
  server.start();
  leads_on(loop, a);
  cr_assert(eq(llong, a.count("trouble system"), 1));
  server.replace("my.pem", "root.pem");  // whose key is another
  a.await("trouble system", 2);
  cr_assert(says(a.troubles.back().message, "key"), "%s", a.troubles.back().message.c_str());
  server.replace("my.key", "root.key");
  await_log(loop, log, "certificates_renewed");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(certificates, those_that_end_soon_are_told_of) {
  const test::tls_etcd server;  // they are valid for two days
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_files(a, server);
  a.options.tls.warn_days = 14;
  a.start().await("warning", 2);
  const auto told = [&a](const std::string& whose) {
    return std::count_if(a.warnings.begin(), a.warnings.end(), [&](const std::string& w) {
      return says(w, whose) && says(w, "ends in a day");
    });
  };
  cr_assert(eq(llong, told(server.file("my.pem")), 1));
  cr_assert(eq(llong, told(server.endpoint()), 1));
  a.close_and_wait();
  instance b(loop, "b", {server.endpoint()});
  with_files(b, server);
  b.options.tls.warn_days = 1;
  b.start().await("acquired");
  leads_on(loop, b);
  b.close_and_wait();
  cr_assert(b.warnings.empty());
  cr_assert(zero(int, loop.close()));
}

Test(certificates, one_for_another_name_is_taken_if_that_is_asked_for) {
  test::tls_etcd::certificates asked;
  asked.server_names = "DNS:etcd.internal";
  const test::tls_etcd server(asked);
  test::loop loop;
  instance a(loop, "a", {server.endpoint()});
  with_files(a, server);
  a.start().await("trouble unreachable");
  test::run_until(loop, [&] { return has_trouble(a, "not for this host"); });
  a.close_and_wait();
  instance b(loop, "b", {server.endpoint()});
  with_files(b, server);
  b.options.tls.server_name = "etcd.internal";
  b.start().await("acquired");
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(certificates, a_common_name_alone_names_no_host) {
  test::tls_etcd::certificates asked;
  asked.server_subject = "/CN=localhost";
  asked.server_names = "";
  const test::tls_etcd server(asked);
  test::loop loop;
  instance a(loop, "a", {"https://localhost:" + std::to_string(server.port())});
  with_files(a, server);
  a.start().await("trouble unreachable");
  test::run_until(loop, [&] { return has_trouble(a, "a common name does not count"); });
  cr_assert(not(a.was_told("acquired")));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(certificates, the_secrets_of_a_connection_are_written_to_a_file_only_if_asked_for) {
  const test::tls_etcd server;
  const std::string keys = server.file("keys");
  const auto campaign = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"campaign",
                                       "--endpoints",
                                       server.endpoint(),
                                       "--app",
                                       "app",
                                       "--instance",
                                       "a",
                                       "--format",
                                       "json",
                                       "--cacert",
                                       server.file("ca.pem"),
                                       "--cert",
                                       server.file("client.pem"),
                                       "--key",
                                       server.file("client.key")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    test::command_run run(arguments, {"SSLKEYLOGFILE=" + keys});
    (void)run.next("acquired");
    run.child().signal(SIGTERM);
    cr_assert(run.child().wait() == (test::ending{0, 0}));
  };
  campaign({});
  cr_assert(test::file_text(keys).empty());
  campaign({"--tls-key-log"});
  cr_assert(says(test::file_text(keys), "SECRET"));
}
