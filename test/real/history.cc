// How much of etcd's history a watch asks for after a break, and what becomes of a cluster whose
// history begins anew under a lower raft term.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/proxy.hpp"

using namespace tenure;
using test::instance;

namespace {

// A number of the header, e.g. "revision".
std::int64_t in_header(const test::etcd& etcd, const std::string& field) {
  const test::answer got = etcd.post("/v3/kv/range", R"({"key":"YQ=="})");
  const std::size_t at = got.body.find("\"" + field + "\":\"");
  if (at == std::string::npos) test::give_up("no " + field + " in " + got.body);
  return std::strtoll(got.body.c_str() + at + field.size() + 4, nullptr, 10);
}

// Keys of others below APP/, each at a revision of its own.
void put_foreign(uv_loop_t* loop, const test::etcd& etcd, int count) {
  for (int i = 0; i < count; ++i) {
    (void)etcd.post("/v3/kv/put", R"({"key":"YXBwL290aGVyL3g=","value":"eA=="})");  // app/other/x
    if (i % 20 == 0) uv_run(loop, UV_RUN_NOWAIT);
  }
}

// Where the watches of an instance began.
struct watching : instance {
  using instance::instance;
  std::vector<std::int64_t> starts;

  void note_starts() {
    options.log = [this](const log_record& r) {
      if (r.event != "watch_opening") return;
      for (std::size_t i = 0; i < r.field_count; ++i) {
        if (r.fields[i].key == "revision")
          starts.push_back(std::strtoll(std::string(r.fields[i].value).c_str(), nullptr, 10));
      }
    };
  }
  // All of its connections are cut. The watch that follows has to begin near this revision, since
  // answers have told of it.
  void cut_and_check(uv_loop_t* loop, test::proxy& between, std::int64_t head) {
    const std::uint64_t confirmed = session.stats().confirmations;
    test::run_until(loop, [&] { return session.stats().confirmations > confirmed + 3; });
    const std::size_t before = starts.size();
    between.reset_all();
    test::run_until(loop, [&] { return starts.size() > before; });
    cr_assert(le(i64, head - 100, starts.back()));
    // It listens, and the leadership went on.
    const std::uint64_t renewals = session.stats().renewals;
    test::run_until(loop, [&] { return session.stats().renewals > renewals + 2; });
  }
};

// Never are two told to lead at once.
struct pair {
  instance& a;
  instance& b;
  [[nodiscard]] static bool leads(const instance& i) {
    return i.was_told("acquired") && !i.term.token.cancelled();
  }
  [[nodiscard]] bool led() const {
    cr_assert(not(leads(a) && leads(b)), "two lead");
    return leads(a) || leads(b);
  }
};

// One leads, one waits, and etcd goes back to a backup of that moment whose terms are lower.
void lives_through_lower_terms(const std::vector<std::string>& options) {
  test::etcd etcd;
  test::loop loop;
  for (int i = 0; i < 4; ++i) etcd.restart();  // each begins a term
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.start().await("acquired");
  b.start().await("position 1");
  const std::int64_t term = in_header(etcd, "raft_term");
  const std::int64_t revision = in_header(etcd, "revision");
  const std::string backup = etcd.data_dir() + ".backup";
  etcd.etcdctl({"snapshot", "save", backup});
  const std::int64_t lease = a.lease;
  etcd.restore(backup, 0, options);
  const std::uint64_t from = uv_hrtime();
  cr_assert(lt(i64, in_header(etcd, "raft_term"), +term), "the case is another one");
  cr_assert(ge(i64, in_header(etcd, "revision"), +revision), "the case is another one");
  const pair both{a, b};
  test::run_until(
      loop, [&] { return !both.led(); }, 60);
  test::run_until(
      loop, [&] { return both.led(); }, 60);
  // What safety.md promises, and some round trips on a busy machine.
  const auto took = static_cast<std::int64_t>((uv_hrtime() - from) / 1'000'000);
  cr_assert(le(i64, +took, 4 * a.options.ttl.count() + 3000 * test::slowness()));
  cr_assert(pair::leads(b) || a.lease != lease, "nobody leads by anything of before");
  // And it is well from now on: who leads hands over.
  instance& leader = pair::leads(a) ? a : b;
  instance& other = pair::leads(a) ? b : a;
  test::ok(leader.resign());
  test::run_until(loop, [&] { return both.led() && pair::leads(other); });
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

}  // namespace

Test(history, a_watch_goes_on_near_the_head_whatever_was_written_meanwhile) {
  test::etcd etcd;
  test::loop loop;
  {
    test::proxy between(loop, etcd.endpoint());
    watching a(loop, "a", {between.url()});
    a.note_starts();
    // It writes LastSeen as often as it can, too.
    a.options.reassure_interval = milliseconds(100);
    a.options.last_seen_interval = milliseconds(100);
    a.options.ttl = milliseconds(20000);
    a.start().await("acquired");
    put_foreign(loop, etcd, 600);
    a.cut_and_check(loop, between, in_header(etcd, "revision"));
    put_foreign(loop, etcd, 400);
    const std::int64_t head = in_header(etcd, "revision");
    test::ok([&] {
      const auto got =
          etcd.post("/v3/kv/compaction", "{\"revision\":\"" + std::to_string(head) + "\"}");
      return got.status == 200 ? error{} : error{errc::system, got.body, 0};
    }());
    a.cut_and_check(loop, between, head);
    cr_assert(eq(llong, a.count("acquired"), 1));
    cr_assert(not(a.term.token.cancelled()));
    // The watch that goes on hears what it is there for.
    instance b(loop, "b", {etcd.endpoint()});
    b.start().await("position 1");
    test::ok(a.resign());
    b.await("acquired");
    a.close_and_wait();
    b.close_and_wait();
    between.close();
  }
  cr_assert(zero(int, loop.close()));
}

Test(history, one_that_begins_anew_under_a_lower_term_is_led_again_and_never_by_two) {
  lives_through_lower_terms({});
}

Test(history, one_that_begins_anew_with_a_raised_revision_is_led_again_and_never_by_two) {
  if (!test::etcd::can_bump_revision())
    cr_skip_test("no etcdutl with --bump-revision lies beside etcdctl (since 3.5.9)");
  lives_through_lower_terms({"--bump-revision", "1000000", "--mark-compacted"});
}
