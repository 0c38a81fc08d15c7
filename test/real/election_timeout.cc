// What depends on etcd's election timeout: how long it acknowledges without a quorum, and the least
// TTL it grants.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <cstdio>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/scripted_server.hpp"

using namespace tenure;
using test::instance;

namespace {

std::string after(const std::string& text, const std::string& name) {
  const auto at = text.find("\"" + name + "\":\"");
  if (at == std::string::npos) return "";
  const auto from = at + name.size() + 4;
  return text.substr(from, text.find('"', from) - from);
}

std::size_t leader_of(const test::etcd& etcd) {
  std::size_t leader = etcd.size();
  test::await([&] {
    for (std::size_t i = 0; i < etcd.size(); ++i) {
      const std::string status = etcd.post("/v3/maintenance/status", "{}", i).body;
      if (!after(status, "leader").empty() && after(status, "leader") == after(status, "member_id"))
        leader = i;
    }
    return leader != etcd.size();
  });
  return leader;
}

struct timeouts {
  int election_ms;
  int ttl_ms;
};

}  // namespace

ParameterizedTestParameters(election_timeout,
                            acknowledgements_without_a_quorum_do_not_move_the_deadline) {
  static timeouts all[] = {{1000, 3000}, {5000, 10000}};
  return cr_make_param_array(timeouts, all, std::size(all));
}

// etcd's leader acknowledges keepalives for an election timeout and more after its followers have
// gone; elsewhere they could have elected another meanwhile. That is what the confirmation is for.
ParameterizedTest(timeouts* of, election_timeout,
                  acknowledgements_without_a_quorum_do_not_move_the_deadline) {
  test::etcd etcd(3, {"--election-timeout=" + std::to_string(of->election_ms)});
  const std::size_t leader = leader_of(etcd);
  test::loop loop;
  instance a(loop, "a", {etcd.endpoint(leader)});
  instance b(loop, "b", etcd.endpoints());
  a.options.ttl = b.options.ttl = milliseconds(of->ttl_ms);
  a.start().await("acquired");
  b.start().await("position 1");
  const token before = a.term.token;
  bool overlap = false;
  b.on_event = [&](const std::string& what) {
    overlap = overlap || (what == "acquired" && !before.cancelled());
  };

  etcd.stop((leader + 1) % 3);
  etcd.stop((leader + 2) % 3);
  const auto frozen = uv_hrtime();
  const auto renewals = a.session.stats().renewals;
  auto acknowledged = frozen;
  auto seen = renewals;
  // Nothing can be confirmed that is sent from now on, so the token can never see beyond this.
  const auto usable = std::chrono::nanoseconds(a.options.ttl - a.options.ttl / 10 -
                                               a.options.ttl / 50 - milliseconds(50));
  test::run_until(loop, [&] {
    const auto left = before.time_left();
    const auto now = uv_hrtime();
    if (a.session.stats().renewals != seen) acknowledged = now;
    seen = a.session.stats().renewals;
    cr_assert(le(llong, static_cast<long long>(now - frozen) + left.count(), usable.count()),
              "the deadline was moved");
    return before.cancelled();
  });
  const auto cancelled = uv_hrtime();
  std::fprintf(stderr,
               "election timeout %d ms: last acknowledgement %.2f s after the quorum was lost, the "
               "token ended after %.2f s\n",
               of->election_ms, static_cast<double>(acknowledged - frozen) / 1e9,
               static_cast<double>(cancelled - frozen) / 1e9);
  cr_assert(gt(ullong, seen, renewals),
            "etcd did not acknowledge anything without a quorum: nothing was tried");
  etcd.cont((leader + 1) % 3);
  etcd.cont((leader + 2) % 3);
  test::run_until(loop, [&] { return b.was_told("acquired") || a.count("acquired") == 2; });
  cr_assert(not(overlap));
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(election_timeout, that_is_long_raises_the_ttl_and_all_that_is_derived_from_it) {
  test::etcd etcd(1, {"--election-timeout=5000"});
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(3000);
  a.start().await("acquired");
  cr_assert(eq(llong, a.ttl_granted.count(), 8000),
            "one and a half election timeouts, in whole seconds");
  // 8 s less 800 ms of grace and 210 ms of margin; of 3 s there would be 2.6.
  cr_assert(le(llong, a.term.token.time_left().count(), 6990000000));
  cr_assert(gt(llong, a.term.token.time_left().count(), 3000000000));
  // It is renewed at a fifth of what was granted; of what was asked for it would be every 0.6 s.
  // The first has borne out that it was raised, and the second was due by what was asked for.
  test::run_until(loop, [&] { return a.session.stats().renewals == 2; });
  const auto second = uv_hrtime();
  test::run_until(loop, [&] { return a.session.stats().renewals == 3; });
  cr_assert(gt(ullong, uv_hrtime() - second, 1200000000u));
  cr_assert(not(a.term.token.cancelled()));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(election_timeout, a_ttl_granted_for_which_the_timings_are_unsafe_is_refused_with_the_numbers) {
  test::loop loop;
  {
    // etcd grants more than it was asked for if its election timeout is long.
    test::scripted_server server(loop);
    server.on_request = [](test::peer& p, const test::http_request& r) {
      const std::string lease =
          R"({"header":{"cluster_id":"1","member_id":"2","revision":"3","raft_term":"4"},"ID":")" +
          after(r.body, "ID") + R"(","TTL":"75"})";
      if (r.path == "/v3/lease/grant") return p.answer(lease);
      if (r.path == "/v3/lease/keepalive") return p.answer(R"({"result":)" + lease + "}");
      p.answer("{}");
    };
    instance a(loop, "a", {server.url()});
    a.options.ttl = milliseconds(8000);
    a.options.margin = milliseconds(50);
    std::string why;
    a.options.log = [&](const log_record& line) {
      if (line.event == "unsafe_timing") why = std::string(line.message);
    };
    a.start().await("session lost unsafe_timing");
    for (const char* number : {"margin is 50 ms", "from 160 ms", "75000 ms"}) {
      cr_assert(why.find(number) != std::string::npos, "%s is not in: %s", number, why.c_str());
    }
    cr_assert(not(a.was_told("campaigning")));
    a.close_and_wait();
    server.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}
