// Against a real etcd, where there is one: what no scripted server can vouch for.
#include "test/unit/net_world.hpp"

#include <csignal>
#include <cstdlib>

#include "test/support/etcd.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

const char* const create_request = R"({"create_request":{"key":"YQ==","range_end":"Yg=="}})";
const char* const progress_request = R"({"progress_request":{}})";

bool missing(const char* command) {
  return std::system((std::string("command -v ") + command + " >/dev/null 2>&1").c_str()) != 0;
}

void talk_both_ways(world& w) {
  w.open_stream(1, true, create_request);
  w.until([&] { return contains(w.heard.bytes, "\"created\":true"); });
  for (int i = 1; i <= 3; ++i) {
    w.heard.bytes.clear();
    w.carrier->write_stream(1, progress_request);
    w.until([&] { return contains(w.heard.bytes, "\n"); });
    cr_assert(contains(w.heard.bytes, "\"watch_id\":\"-1\""), "%s", w.heard.bytes.c_str());
  }
  cr_assert(w.heard.ends.empty());
}

net::transport_config secured(const tls_etcd& server, const std::string& host = "127.0.0.1",
                              const char* scheme = "https://") {
  net::transport_config c;
  c.endpoints = {scheme + host + ":" + std::to_string(server.port())};
  c.tls.ca = file_text(server.file("ca.pem"));
  c.tls.cert = file_text(server.file("client.pem"));
  c.tls.key = file_text(server.file("client.key"));
  return c;
}

// What is told of one request with this configuration.
net::reply meet(net::transport_config config) {
  world w;
  w.open(std::move(config));
  net::reply r = w.ask("{\"key\":\"YQ==\"}");
  w.finish();
  return r;
}

}  // namespace

Test(net_etcd, answers_on_a_two_way_stream_at_once) {
  if (missing("etcd")) cr_skip_test("no etcd here");
  const etcd server;
  world w;
  net::transport_config c;
  c.endpoints = server.endpoints();
  w.open(c);
  talk_both_ways(w);
  w.finish();
}

Test(net_etcd, over_tls_works_and_dies_without_ending_the_process) {
  if (missing("etcd") || missing("openssl")) cr_skip_test("no etcd or no openssl here");
  tls_etcd server;
  world w;
  signal(SIGPIPE, SIG_DFL);
  w.open(secured(server));
  w.until([&] { return w.ask().delivery == delivery::answered; });  // it has started
  w.heard.replies.clear();
  talk_both_ways(w);
  for (int round = 0; round < 3; ++round) {
    const std::size_t before = w.heard.replies.size();
    for (std::uint64_t i = 0; i < 5; ++i) w.send(100 + i, std::string(400000, 'x'));
    for (int i = 0; i < 3 + round; ++i) uv_run(&w.loop, UV_RUN_NOWAIT);
    server.kill();
    for (int i = 0; i < 5; ++i) w.carrier->write_stream(1, progress_request);
    w.send(200);
    w.until_replies(before + 6);
    w.until([&] { return !w.heard.ends.empty() || round > 0; });
    server.start();
    w.until([&] { return w.ask().delivery == delivery::answered; });
  }
  struct sigaction now {};
  sigaction(SIGPIPE, nullptr, &now);
  cr_assert(now.sa_handler == SIG_DFL);
  w.finish();
}

Test(net_etcd, says_what_is_wrong_with_tls) {
  if (missing("etcd") || missing("openssl")) cr_skip_test("no etcd or no openssl here");
  tls_etcd server;
  await([&] { return meet(secured(server)).delivery == delivery::answered; });

  net::transport_config c = secured(server);
  c.tls.ca = file_text(server.file("other.pem"));
  net::reply r = meet(c);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "give the CA"), "%s", r.failure.c_str());

  c = secured(server);
  c.rules.server_name = "another.example";
  r = meet(c);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "not for this host"), "%s", r.failure.c_str());

  // Under TLS 1.3 etcd's word on this comes after our request, and a reset may overtake it.
  c = secured(server);
  c.tls.cert = c.tls.key = "";
  r = meet(c);
  cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  cr_assert(contains(r.failure, "wants a client certificate"), "%s", r.failure.c_str());

  c = secured(server);
  c.tls.cert = file_text(server.file("other.pem"));
  c.tls.key = file_text(server.file("other.key"));
  r = meet(c);
  cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  cr_assert(contains(r.failure, "our client certificate"), "%s", r.failure.c_str());

  r = meet(secured(server, "127.0.0.1", "http://"));
  cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  cr_assert(contains(r.failure, "https://"), "%s", r.failure.c_str());
}

// etcd resumes sessions whatever has become of its certificate meanwhile.
Test(net_etcd, no_session_is_resumed_after_the_servers_certificate_has_ended) {
  if (missing("etcd") || missing("openssl")) cr_skip_test("no etcd or no openssl here");
  const tls_etcd server;
  await([&] { return meet(secured(server)).delivery == delivery::answered; });
  server.sign("later", "ca");
  server.sign("short", "ca", 4);
  server.replace("server.pem", "short.pem");
  server.replace("server.key", "short.key");
  world w;
  w.open(secured(server));
  std::uint64_t stream = 0;
  const auto meet_anew = [&] {  // a stream has a connection of its own
    w.heard.bytes.clear();
    w.heard.ends.clear();
    w.open_stream(++stream, false, create_request);
    w.until([&] { return contains(w.heard.bytes, "created") || !w.heard.ends.empty(); });
    w.carrier->close_stream(stream);
    return w.heard.ends.empty() ? std::string() : w.heard.ends.front().reply.failure;
  };
  std::string failure = meet_anew();
  cr_assert(failure.empty(), "%s", failure.c_str());
  w.until([&] { return !(failure = meet_anew()).empty(); });
  cr_assert(contains(failure, "out of its time"), "%s", failure.c_str());
  server.replace("server.pem", "later.pem");
  server.replace("server.key", "later.key");
  failure = meet_anew();
  cr_assert(failure.empty(), "%s", failure.c_str());
  w.finish();
}

Test(net_etcd, an_older_version_of_tls_than_asked_for_is_refused) {
  if (missing("openssl")) cr_skip_test("no openssl here");
  const tls_etcd server;
  const std::uint16_t port = free_port();
  const process old({"openssl", "s_server", "-quiet", "-tls1_2", "-accept",
                     "127.0.0.1:" + std::to_string(port), "-cert", server.file("server.pem"),
                     "-key", server.file("server.key")});
  net::transport_config c = secured(server);
  c.endpoints = {"https://127.0.0.1:" + std::to_string(port)};
  c.rules.at_least_1_3 = true;
  await([&] { return !contains(meet(c).failure, "refused"); });  // it has started
  net::reply r = meet(c);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "protocol version"), "%s", r.failure.c_str());
}

Test(net_etcd, certificates_that_cannot_be_used_are_refused_before_the_first_packet) {
  if (missing("openssl")) cr_skip_test("no openssl here");
  const tls_etcd server;
  uv_loop_t loop;
  cr_assert(eq(int, uv_loop_init(&loop), 0));
  recorder heard;
  const auto refused = [&](const char* what, const std::string& text) {
    net::transport_config c = secured(server);
    (std::string(what) == "ca"     ? c.tls.ca
     : std::string(what) == "cert" ? c.tls.cert
                                   : c.tls.key) = text;
    net::transport t;
    tenure::turn turn;
    const error e = t.open(&loop, std::move(c), heard, turn);
    cr_assert(eq(int, int(e.code), int(errc::invalid_argument)), "%s", what);
    cr_assert(contains(e.message, "refuses the certificates or the key"), "%s: %s", what,
              e.message.c_str());
  };
  refused("key", file_text(server.file("other.key")));  // of another certificate
  const std::string half = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  refused("ca", half);
  refused("cert", half);
  cr_assert(eq(int, uv_loop_close(&loop), 0));
}
