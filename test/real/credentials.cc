// Passwords and tokens: renewed while it leads, and nowhere where they could be read.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdlib>
#include <fstream>

#include <curl/curl.h>

#include "test/real/command_run.hpp"
#include "test/real/users.hpp"
#include "test/support/core_file.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::instance;

namespace {

constexpr const char* password = "s3cret-0f-the-service";

long count(const std::string& text, const std::string& part) {
  long found = 0;
  for (std::size_t i = 0; (i = text.find(part, i)) != std::string::npos; ++i) ++found;
  return found;
}

void leads_on(test::loop& loop, const instance& a) {
  const auto confirmations = a.session.stats().confirmations;
  test::run_until(loop, [&] { return a.session.stats().confirmations >= confirmations + 3; });
  cr_assert(eq(llong, a.count("acquired"), 1));
  cr_assert(not(a.term.token.cancelled()));
}

}  // namespace

Test(credentials, a_password_file_that_changes_is_read_again) {
  test::etcd store(1, {"--bcrypt-cost=4"});
  test::with_users(store, password);
  const std::string path = store.data_dir() + "/password";
  std::ofstream(path) << password << '\n';
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  a.options.ttl = milliseconds(5000);
  a.options.auth.user = "service";
  a.options.auth.password_file = path;
  bool renewed = false;
  a.options.log = [&](const log_record& r) { renewed = renewed || r.event == "password_renewed"; };
  a.start().await("acquired");
  std::ofstream(path) << "another\n";
  test::run_until(loop, [&] { return renewed; });
  test::change_password(store, "another");
  leads_on(loop, a);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(credentials, who_is_asked_for_the_password_is_asked_before_each_login) {
  test::etcd store(1, {"--bcrypt-cost=4"});
  test::with_users(store, password);
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  a.options.ttl = milliseconds(5000);
  a.options.auth.user = "service";
  std::string now = password;
  int asked = 0;
  a.options.auth.ask_password = [&] {
    ++asked;
    return now;
  };
  a.start().await("acquired");
  cr_assert(eq(int, asked, 1));
  now = "another";
  test::change_password(store, now);
  leads_on(loop, a);
  cr_assert(ge(int, asked, 2));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(credentials, a_password_over_plain_http_is_warned_of_once) {
  test::etcd store(1, {"--bcrypt-cost=4"});
  test::with_users(store, password);
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  a.options.auth.user = "service";
  a.options.auth.password = password;
  a.start().await("acquired");
  leads_on(loop, a);
  cr_assert(eq(llong, a.count("warning"), 1));
  cr_assert(a.warnings[0].find("unencrypted") != std::string::npos);
  cr_assert(a.warnings[0].find(password) == std::string::npos);
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(credentials, a_token_that_says_its_end_is_renewed_before_it) {
  test::etcd store(1, {"--bcrypt-cost=4"});
  test::sign_tokens(store, "8s");
  test::with_users(store, password);
  test::loop loop;
  instance a(loop, "a", store.endpoints());
  a.options.auth.user = "service";
  int asked = 0;
  int refused = 0;
  a.options.auth.ask_password = [&] {
    ++asked;
    return std::string(password);
  };
  a.options.log = [&](const log_record& r) { refused += r.event == "request_failed" ? 1 : 0; };
  a.start().await("acquired");
  test::run_until(loop, [&] { return asked >= 3; });
  leads_on(loop, a);
  cr_assert(zero(int, refused), "a token ran out");
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(credentials, no_core_file_of_the_command_holds_a_password_or_a_token) {
#ifdef __SANITIZE_ADDRESS__
  cr_skip_test("AddressSanitizer keeps what was freed");
#endif
  if (curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000)
    cr_skip_test("libcurl 8 keeps what it sent last in memory that is still in use");
  test::etcd store(1, {"--bcrypt-cost=4"});
  test::sign_tokens(store, "4s");
  test::with_users(store, password);
  const std::string path = store.data_dir() + "/password";
  std::ofstream(path) << password;
  const auto look = [&](std::vector<std::string> more,
                        const std::vector<std::string>& environment) {
    more.insert(more.end(), {"--log", "info"});
    test::command_run run(test::campaign(store, "a", more), environment);
    (void)run.next("acquired");
    test::await([&] { return count(run.child().errors(), "logged_in") >= 4; });
    cr_assert(gt(sz, test::count_in_core(run.child().pid(), "campaign"), 0), "nothing is seen");
    cr_expect(zero(sz, test::count_in_core(run.child().pid(), password)));
    cr_expect(zero(sz, test::count_in_core(run.child().pid(), "eyJhbGciOi")));
    run.child().signal(SIGTERM);
    cr_assert(run.child().wait() == (test::ending{0, 0}));
  };
  look({"--user", "service", "--password-file", path}, {});
  look({"--user", "service"}, {std::string("ETCDCTL_PASSWORD=") + password});
  look({}, {std::string("ETCDCTL_USER=service:") + password});
}
