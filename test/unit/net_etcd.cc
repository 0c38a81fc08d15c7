// Against a real etcd, where there is one: what no scripted server can vouch for.
#include "test/unit/net_world.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "test/support/etcd.hpp"
#include "test/support/process.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

const char* const create_request = R"({"create_request":{"key":"YQ==","range_end":"Yg=="}})";
const char* const progress_request = R"({"progress_request":{}})";

bool missing(const char* command) {
  return std::system((std::string("command -v ") + command + " >/dev/null 2>&1").c_str()) != 0;
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
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

// An etcd that speaks TLS and wants client certificates, with what is needed to talk to it.
class tls_etcd {
 public:
  tls_etcd() {
    char made[] = "/tmp/net_etcd_XXXXXX";
    cr_assert(ne(ptr, mkdtemp(made), nullptr));
    directory = made;
    const std::string script =
        "cd " + directory + " && exec 2>/dev/null && set -e\n"
        "new() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }\n"
        "new ca; openssl req -x509 -new -key ca.key -subj /CN=ca -days 2 -out ca.pem\n"
        "new other; openssl req -x509 -new -key other.key -subj /CN=other -days 2 -out other.pem\n"
        "sign() { new $1; openssl req -new -key $1.key -subj /O=$1 -out $1.csr\n"
        "  printf \"extendedKeyUsage=serverAuth,clientAuth\\n$2\" >$1.ext\n"
        "  openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $1.ext -out $1.pem; }\n"
        "sign server subjectAltName=IP:127.0.0.1; sign client\n";
    cr_assert(eq(int, std::system(script.c_str()), 0));
    port = free_port();
    start();
  }
  ~tls_etcd() {
    (void)member->kill();
    cr_expect(eq(int, std::system(("rm -rf " + directory).c_str()), 0));
  }

  void start() {
    const std::string url = "https://127.0.0.1:" + std::to_string(port);
    const std::string peers = "http://127.0.0.1:" + std::to_string(free_port());
    member = std::make_unique<process>(std::vector<std::string>{
        "etcd", "--data-dir=" + directory + "/data", "--listen-client-urls=" + url, "--advertise-client-urls=" + url,
        "--listen-peer-urls=" + peers, "--initial-advertise-peer-urls=" + peers, "--initial-cluster=default=" + peers,
        "--client-cert-auth", "--trusted-ca-file=" + directory + "/ca.pem", "--cert-file=" + directory + "/server.pem",
        "--key-file=" + directory + "/server.key"});
  }
  net::transport_config config(const std::string& host = "127.0.0.1", const char* scheme = "https://") const {
    net::transport_config c;
    c.endpoints = {scheme + host + ":" + std::to_string(port)};
    c.tls.ca = file_text(directory + "/ca.pem");
    c.tls.cert = file_text(directory + "/client.pem");
    c.tls.key = file_text(directory + "/client.key");
    return c;
  }

  std::string directory;
  std::uint16_t port = 0;
  std::unique_ptr<process> member;
};

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
  w.open(server.config());
  w.until([&] { return w.ask().delivery == delivery::answered; });  // it has started
  w.heard.replies.clear();
  talk_both_ways(w);
  for (int round = 0; round < 3; ++round) {
    const std::size_t before = w.heard.replies.size();
    for (std::uint64_t i = 0; i < 5; ++i) w.send(100 + i, std::string(400000, 'x'));
    for (int i = 0; i < 3 + round; ++i) uv_run(&w.loop, UV_RUN_NOWAIT);
    (void)server.member->kill();
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
  await([&] { return meet(server.config()).delivery == delivery::answered; });

  net::transport_config c = server.config();
  c.tls.ca = file_text(server.directory + "/other.pem");
  net::reply r = meet(c);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "give the CA"), "%s", r.failure.c_str());

  c = server.config("localhost");
  r = meet(c);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "not for this host"), "%s", r.failure.c_str());

  // Under TLS 1.3 etcd's word on this comes after our request, and a reset may overtake it.
  c = server.config();
  c.tls.cert = c.tls.key = "";
  r = meet(c);
  cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  cr_assert(contains(r.failure, "wants a client certificate"), "%s", r.failure.c_str());

  c = server.config();
  c.tls.cert = file_text(server.directory + "/other.pem");
  c.tls.key = file_text(server.directory + "/other.key");
  r = meet(c);
  cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  cr_assert(contains(r.failure, "our client certificate"), "%s", r.failure.c_str());

  c = server.config();
  c.tls.key = file_text(server.directory + "/other.key");  // of another certificate
  r = meet(c);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "cannot be used"), "%s", r.failure.c_str());

  r = meet(server.config("127.0.0.1", "http://"));
  cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  cr_assert(contains(r.failure, "https://"), "%s", r.failure.c_str());
}
