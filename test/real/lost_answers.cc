// A request that etcd carried out, its answer dropped and the connection closed: what libcurl and
// we send again must not leave a second lease or key that nobody knows of.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdio>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/proxy.hpp"

using namespace tenure;
using test::instance;
using test::traffic;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++n;
  return n;
}

std::string leases(const test::etcd& etcd) { return etcd.post("/v3/lease/leases", "{}").body; }

// All keys.
std::string keys(const test::etcd& etcd) {
  return etcd.post("/v3/kv/range", R"({"key":"AA==","range_end":"AA=="})").body;
}

// One lease and one key there, and the candidate knows both.
void check_what_is_there(const test::etcd& etcd, const instance& a) {
  const std::string all_leases = leases(etcd);
  cr_assert(eq(sz, count_of(all_leases, "\"ID\""), 1), "%s", all_leases.c_str());
  cr_assert(all_leases.find("\"" + std::to_string(a.lease) + "\"") != std::string::npos, "%s",
            all_leases.c_str());
  const std::string all_keys = keys(etcd);
  cr_assert(eq(sz, count_of(all_keys, "\"key\""), 1), "%s", all_keys.c_str());
  cr_assert(all_keys.find("\"create_revision\":\"" + std::to_string(a.term.fencing_token) + "\"") !=
                std::string::npos,
            "%s", all_keys.c_str());
  cr_assert(all_keys.find("\"lease\":\"" + std::to_string(a.lease) + "\"") != std::string::npos,
            "%s", all_keys.c_str());
  const std::string stored = etcd.etcdctl({"get", "--print-value-only", a.term.key});
  cr_assert(not(stored.empty()), "its key is %s", a.term.key.c_str());
  cr_assert(eq(llong, a.count("granted"), 1));
  cr_assert(eq(llong, a.count("acquired"), 1));
}

// Runs until etcd has done what `there` looks for, and resets all connections while its answer,
// which the candidate would tell of as `answer`, is still on its way. Each answer is late, so all
// earlier ones have come.
template <class Predicate>
void run_until_answer_is_lost(test::loop& loop, test::proxy& way, instance& a, const char* answer,
                              Predicate there) {
  a.options.ttl = milliseconds(60000);  // nothing goes by itself
  way.to_client(traffic::delayed(500 * test::slowness()));
  a.start();
  test::run_until(loop, there);
  cr_assert(not(a.was_told(answer)));
  way.reset_all();
  way.to_client(traffic::pass());
}

}  // namespace

Test(lost_answers, of_a_grant_leave_one_lease_and_one_key) {
  test::etcd etcd;
  test::loop loop;
  {
    test::proxy way(loop, etcd.endpoint());
    instance a(loop, "a", {way.url()});
    run_until_answer_is_lost(loop, way, a, "granted",
                             [&] { return count_of(leases(etcd), "\"ID\"") != 0; });
    a.await("acquired");
    check_what_is_there(etcd, a);
    a.close_and_wait();
    cr_assert(zero(sz, count_of(leases(etcd), "\"ID\"")));
    way.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

Test(lost_answers, of_a_stand_leave_one_lease_and_one_key) {
  test::etcd etcd;
  test::loop loop;
  {
    test::proxy way(loop, etcd.endpoint());
    instance a(loop, "a", {way.url()});
    run_until_answer_is_lost(loop, way, a, "acquired",
                             [&] { return count_of(keys(etcd), "\"key\"") != 0; });
    a.await("acquired");
    check_what_is_there(etcd, a);
    a.close_and_wait();
    cr_assert(zero(sz, count_of(keys(etcd), "\"key\"")));
    way.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}
