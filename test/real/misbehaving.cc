// Servers that are no etcd, or a broken one; and configurations that must not send a packet.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "test/support/etcd.hpp"
#include "test/support/false_etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/proxy.hpp"
#include "test/support/scripted_server.hpp"

using namespace tenure;
using test::http_request;
using test::instance;
using test::peer;

namespace {

struct misbehaviour {
  const char* name;
  std::function<void(peer&, const http_request&)> answer;
};

const std::string good_header =
    R"("header":{"cluster_id":"1","member_id":"2","revision":"3","raft_term":"4"})";

std::vector<misbehaviour> misbehaviours() {
  return {
      {"nothing", [](peer&, const http_request&) {}},
      {"a reset", [](peer& p, const http_request&) { p.reset(); }},
      {"an end before the answer", [](peer& p, const http_request&) { p.close(); }},
      {"garbage",
       [](peer& p, const http_request&) {
         p.write("\x16\x03\x01 this is not HTTP \r\n\r\n");
         p.close();
       }},
      {"HTML",
       [](peer& p, const http_request&) { p.answer("<html><body>It works!</body></html>"); }},
      {"HTML and 502",
       [](peer& p, const http_request&) { p.answer("<html>Bad Gateway</html>", 502); }},
      {"an empty 200", [](peer& p, const http_request&) { p.answer(""); }},
      {"half a document",
       [](peer& p, const http_request&) { p.answer("{" + good_header + ",\"ID\":\"12"); }},
      {"half an answer",
       [](peer& p, const http_request&) {
         p.write("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"header\"");
         p.close();
       }},
      {"numbers of the wrong kind",
       [](peer& p, const http_request&) {
         p.answer(R"({"header":{"cluster_id":[],"revision":{}},"ID":1.5})");
       }},
      // (to whoever asks for its cluster it says nothing: with two clusters nobody would stand)
      {"another lease",
       [](peer& p, const http_request& r) {
         p.answer(r.path == "/v3/lease/grant" ? "{" + good_header + R"(,"ID":"1","TTL":"3"})" : "");
       }},
      {"a bare array", [](peer& p, const http_request&) { p.answer("[[[[[[[[[]]]]]]]]]"); }},
      {"deep nesting", [](peer& p, const http_request&) { p.answer(std::string(2000000, '[')); }},
      {"100 MB",
       [](peer& p, const http_request&) {
         p.write("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
         p.flood(100u << 20);
       }},
      {"endless trailers",
       [](peer& p, const http_request&) {
         std::string trailers;
         while (trailers.size() < 1u << 20) trailers += "A: b\r\n";
         p.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + trailers);
       }},
      {"a redirect",
       [](peer& p, const http_request&) {
         p.answer("", 301, "Location: http://127.0.0.1:1/\r\n");
       }},
      {"no such page", [](peer& p, const http_request&) { p.answer("404 page not found\n", 404); }},
  };
}

}  // namespace

Test(misbehaving, servers_are_reported_and_left_for_a_good_one) {
  test::etcd etcd;
  for (const misbehaviour& m : misbehaviours()) {
    test::loop loop;
    {
      test::scripted_server server(loop);
      server.on_request = m.answer;
      instance bad(loop, "bad", {server.url()});
      bad.options.request_timeout = milliseconds(200);
      bad.options.retry_delay = milliseconds(20);
      bad.start();
      test::run_until(loop, [&] { return bad.troubles.size() >= 2; });
      cr_assert(not(bad.was_told("granted")), "%s", m.name);
      cr_assert(bad.troubles[0].message.find(server.url()) != std::string::npos, "%s: %s", m.name,
                bad.troubles[0].message.c_str());
      instance good(loop, "good", {server.url(), etcd.endpoint()});
      good.options.request_timeout = milliseconds(200);
      good.options.retry_delay = milliseconds(20);
      good.start();
      good.await("acquired");
      bad.close_and_wait();
      good.close_and_wait();
      server.close();
      uv_run(loop, UV_RUN_DEFAULT);
    }
    cr_assert(zero(int, loop.close()), "%s", m.name);
  }
}

Test(misbehaving, one_of_two_that_refuses_what_etcd_grants_costs_no_leadership) {
  const struct {
    int status;
    const char* body;
  } answers[] = {
      {401, ""},
      {403, "<html>Forbidden</html>"},
      {401, R"({"error":"who are you","code":16,"message":"who are you"})"},
      {403, R"({"code":7,"message":"not you"})"},
      {429, "slow down"},
      {429, R"({"code":8,"message":"quota of the proxy"})"},
      {404, R"({"kind":"Status","code":404})"},
      {200, R"({"items":[]})"},
  };
  test::etcd etcd;
  for (const auto& a : answers) {
    test::loop loop;
    {
      test::proxy first(loop, etcd.endpoint());
      test::proxy second(loop, etcd.endpoint());
      second.both(test::traffic::reset());  // so that the first is the preferred one
      instance leader(loop, "leader", {first.url(), second.url()});
      leader.options.retry_delay = milliseconds(10);
      leader.start().await("acquired");
      second.both(test::traffic::pass());
      test::scripted_server server(loop);
      server.on_request = [&a](peer& p, const http_request&) { p.answer(a.body, a.status); };
      first.lead_to(server.url());
      first.reset_all();
      const std::uint64_t before = leader.session.stats().renewals;
      test::run_until(loop, [&] {
        return !server.requests().empty() && leader.session.stats().renewals > before + 2;
      });
      cr_assert(not(leader.term.token.cancelled()), "%d %s", a.status, a.body);
      cr_assert(not(leader.was_told("lost")), "%d %s", a.status, a.body);
      cr_assert(le(sz, server.requests().size(), 12), "%d %s: it is not asked again and again",
                a.status, a.body);
      leader.close_and_wait();
      server.close();
      first.close();
      second.close();
      uv_run(loop, UV_RUN_DEFAULT);
    }
    cr_assert(zero(int, loop.close()));
  }
}

Test(misbehaving, what_all_refuse_is_told_as_a_refusal) {
  test::loop loop;
  {
    test::scripted_server first(loop);
    test::scripted_server second(loop);
    for (test::scripted_server* each : {&first, &second}) {
      each->on_request = [](peer& p, const http_request&) { p.answer("no", 403); };
    }
    instance a(loop, "a", {first.url(), second.url()});
    a.options.retry_delay = milliseconds(20);
    a.start();
    test::run_until(loop, [&] { return a.troubles.size() >= 2; });
    for (const error& each : a.troubles) cr_assert(each.code == errc::permission_denied);
    a.close_and_wait();
    first.close();
    second.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

Test(misbehaving, watches_that_turn_bad_are_replaced) {
  // A gateway that grants, lets us lead, and then sends rubbish on the watch again and again.
  test::loop loop;
  {
    test::scripted_server server(loop);
    int watches = 0;
    std::string lease;
    server.on_request = [&](peer& p, const http_request& r) {
      if (r.path == "/v3/lease/grant" || r.path == "/v3/lease/keepalive") {
        const auto at = r.body.find("\"ID\":\"") + 6;
        lease = r.body.substr(at, r.body.find('"', at) - at);
        const std::string inner = "{" + good_header + ",\"ID\":\"" + lease + "\",\"TTL\":\"3\"}";
        p.answer(r.path == "/v3/lease/grant" ? inner : "{\"result\":" + inner + "}\n");
      } else if (r.path == "/v3/watch") {
        ++watches;
        p.begin_chunks();
        p.chunk(watches % 2 == 0 ? "{\"result\":{\"events\":7}}\n" : "this is not JSON\n");
      } else if (r.path == "/v3/kv/range") {
        p.answer("{" + good_header + "}");
      } else {
        // It stands or announces; or it confirms, by a transaction that is empty.
        const bool puts = r.body.find("request_txn") == std::string::npos;
        p.answer("{" + good_header + R"(,"succeeded":true,"responses":[)" +
                 (puts ? R"({"response_put":{}})" : R"({"response_txn":{"succeeded":true}})") +
                 "]}");
      }
    };
    instance a(loop, "a", {server.url()});
    a.options.retry_delay = milliseconds(20);
    a.start().await("acquired");
    test::run_until(loop, [&] { return watches >= 4; });
    cr_assert(not(a.term.token.cancelled()),
              "a bad watch is no reason to lose a leadership that is confirmed");
    a.close_and_wait();
    server.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

// The answer is in order, as if the first of the two keys in the queue were not there.
Test(misbehaving, who_is_told_once_that_nobody_is_in_front_leads_until_the_next_confirmation) {
  test::etcd etcd;
  test::loop loop;
  {
    instance first(loop, "first", {etcd.endpoint()});
    first.start().await("acquired");
    test::false_etcd liar(loop, etcd);
    int lies = 0;
    liar.lie = [&lies](const http_request&, std::string& body) {
      const std::string two = R"("count":"2")";
      const auto keys = body.find(R"("kvs":[{)");
      const auto second = body.find("},{", keys);
      const auto count = body.find(two);
      if (lies != 0 || count == std::string::npos || second == std::string::npos) return;
      body.replace(count, two.size(), R"("count":"1")");
      body.erase(keys + 7, second + 2 - (keys + 7));
      ++lies;
    };
    instance second(loop, "second", {liar.url()});
    second.start().await("acquired");
    cr_assert(eq(int, lies, 1));
    second.await("lost reassurance_failed");
    second.await("position 1");
    cr_assert(eq(sz, second.fencing_tokens.size(), 1));
    cr_assert(not(first.term.token.cancelled()));
    cr_assert(not(first.was_told("lost")));
    second.close_and_wait();
    first.close_and_wait();
    liar.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}

// To each a TTL that etcd did not grant. The lease goes to the other member's word.
Test(misbehaving, a_ttl_that_one_member_alone_grants_ends_no_session) {
  test::etcd etcd;
  for (const char* ttl : {"0", "1", "2", "4", "75", "1000000000"}) {
    test::loop loop;
    {
      test::false_etcd liar(loop, etcd);
      liar.lie = [ttl](const http_request& r, std::string& body) {
        const std::string truth = R"("TTL":"3")";
        const auto at = body.find(truth);
        if (r.path == "/v3/lease/grant" && at != std::string::npos)
          body.replace(at, truth.size(), std::string(R"("TTL":")") + ttl + "\"");
      };
      instance a(loop, "a", {liar.url(), etcd.endpoint()});
      a.options.retry_delay = milliseconds(20);
      a.start().await("acquired");
      cr_assert(eq(i64, a.ttl_granted.count(), 3000), "%s", ttl);
      a.close_and_wait();
      liar.close();
      uv_run(loop, UV_RUN_DEFAULT);
    }
    cr_assert(zero(int, loop.close()), "%s", ttl);
  }
}

Test(misbehaving, configurations_are_refused_before_the_first_packet) {
  test::loop loop;
  test::scripted_server server(loop);
  struct wrong {
    const char* in_message;
    errc code;
    std::function<void(session_options&)> make;
  };
  const std::vector<wrong> all = {
      {"endpoints", errc::invalid_argument, [](session_options& o) { o.endpoints.clear(); }},
      {"ftp://x", errc::invalid_argument,
       [](session_options& o) { o.endpoints.push_back("ftp://x"); }},
      {"app", errc::invalid_argument, [](session_options& o) { o.app = "/x"; }},
      {"app", errc::invalid_argument, [](session_options& o) { o.app = ""; }},
      {"instance", errc::invalid_argument, [](session_options& o) { o.instance = "\xff"; }},
      {"ttl is 1000 ms", errc::invalid_argument,
       [](session_options& o) { o.ttl = milliseconds(1000); }},
      {"whole seconds", errc::invalid_argument,
       [](session_options& o) { o.ttl = milliseconds(2500); }},
      {"retry_delay", errc::invalid_argument,
       [](session_options& o) { o.retry_delay = milliseconds(0); }},
      {"margin", errc::invalid_argument, [](session_options& o) { o.margin = milliseconds(1); }},
      {"ca_file", errc::invalid_argument,
       [](session_options& o) { o.tls.ca_file = "/nonexistent"; }},
      {"cert_file", errc::invalid_argument,
       [](session_options& o) { o.tls.cert_file = "/dev/null"; }},
      {"password", errc::invalid_argument, [](session_options& o) { o.auth.password = "secret"; }},
      // The defaults of the program that tenure's idea comes from.
      {"reassure_interval 10000 ms + reassure_timeout 5000 ms", errc::unsafe_timing,
       [](session_options& o) {
         o.ttl = milliseconds(10000);
         o.reassure_interval = milliseconds(10000);
         o.reassure_timeout = milliseconds(5000);
         o.retry_delay = milliseconds(5000);
       }},
  };
  for (const wrong& w : all) {
    instance i(loop, "i", {server.url()});
    w.make(i.options);
    const error e = i.open();
    cr_assert(e.code == w.code, "%s: %s", w.in_message, e.message.c_str());
    cr_assert(e.message.find(w.in_message) != std::string::npos, "%s", e.message.c_str());
    cr_assert(e.message.find("secret") == std::string::npos);
  }
  test::run_for(loop, 50);
  cr_assert(zero(ullong, server.accepted()));
  server.close();
  cr_assert(zero(int, loop.close()));
}

Test(misbehaving, requests_ask_for_a_leader_and_for_nothing_from_the_environment) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  test::loop loop;
  {
    test::scripted_server server(loop);
    instance i(loop, "i", {server.url()});
    i.options.request_timeout = milliseconds(200);
    i.start().await("trouble timed_out");
    cr_assert(not(server.requests().empty()));
    for (const http_request& r : server.requests()) {
      cr_assert(eq(type(std::string), r.header("Grpc-Metadata-hasleader"), "true"));
      cr_assert(not(r.has_header("Expect")));
      cr_assert(r.head.find(" HTTP/1.1") != std::string::npos);
    }
    i.close_and_wait();
    server.close();
    uv_run(loop, UV_RUN_DEFAULT);
  }
  cr_assert(zero(int, loop.close()));
}
