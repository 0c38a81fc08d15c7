// Memory runs out in a turn of the loop: the session ends in order, or goes on as if nothing were.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/failing_memory.hpp"
#include "test/support/instance.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;

namespace {

// A session with a candidate. What is told takes no memory here.
struct life {
  session own;
  candidate stands;
  token term;
  int acquired = 0;
  int lost = 0;
  int resigned = 0;
  bool over = false;  // the session ended by itself
  errc why = errc::ok;
  bool closed = false;

  void begin(uv_loop_t* loop, const session_options& options) {
    session_events of_session;
    of_session.lost = [this](const error& e) {
      over = over || !own.is_open();
      why = e.code;
    };
    candidate_events on;
    on.acquired = [this](const leadership& l) {
      ++acquired;
      term = l.token;
    };
    on.lost = [this](reason, const error&) { ++lost; };
    on.resigned = [this] { ++resigned; };
    test::ok(own.open(loop, options, of_session));
    test::ok(stands.stand(own, {}, on));
  }
  void end() {
    if (!own.close([this] { closed = true; })) closed = true;
  }
};

// Each allocation in turn fails on the way to leading, and the one so many later on the way out.
void fail_each(const session_options& options, std::size_t step) {
  std::size_t ended = 0;
  for (std::size_t n = 0;; n += step) {
    test::loop loop;
    life one;
    one.begin(loop, options);
    bool failed = false;
    {
      const test::failing_memory memory(n);
      while (one.acquired == 0 && !one.over) uv_run(loop, UV_RUN_ONCE);
      failed = memory.failed();
    }
    if (one.over) {
      ++ended;
      cr_assert(failed, "allocation %zu", n);
      cr_assert(one.why == errc::no_memory, "allocation %zu: %s", n, name(one.why));
      cr_assert(one.term.cancelled(), "allocation %zu", n);
      cr_assert(not(one.own.is_open()), "allocation %zu", n);
    }
    {
      const test::failing_memory memory(failed ? 1u << 30 : n % 97);
      one.end();
      cr_assert(one.term.cancelled(), "allocation %zu", n);
      while (!one.closed) uv_run(loop, UV_RUN_ONCE);
    }
    // Each `acquired` is ended once.
    cr_assert(eq(int, one.lost + one.resigned, +one.acquired), "allocation %zu", n);
    cr_assert(zero(int, loop.close()), "allocation %zu left a handle", n);
    if (!failed) break;
  }
  cr_assert(gt(sz, ended, 0u));
}

session_options options_for(const std::vector<std::string>& endpoints) {
  session_options options;
  options.endpoints = endpoints;
  options.app = "app";
  options.instance = "one";
  options.ttl = milliseconds(2000);
  return options;
}

}  // namespace

Test(memory, that_runs_out_anywhere_ends_the_session_in_order_or_is_no_matter, .timeout = 300) {
  const test::etcd etcd;
  fail_each(options_for(etcd.endpoints()), 5);
}

Test(memory, that_runs_out_anywhere_over_tls_is_the_same, .timeout = 300) {
  const test::tls_etcd etcd;
  session_options options = options_for({etcd.endpoint()});
  options.tls.ca_file = etcd.file("ca.pem");
  options.tls.cert_file = etcd.file("client.pem");
  options.tls.key_file = etcd.file("client.key");
  fail_each(options, 11);
}
