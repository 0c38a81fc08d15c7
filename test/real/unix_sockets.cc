// Etcd behind a unix socket, in the one form that all versions know: unix://HOST:PORT is the file
// HOST:PORT in the directory that it was started in.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/process.hpp"
#include "test/support/tls_etcd.hpp"

using namespace tenure;
using test::instance;

namespace {

class unix_etcd {
 public:
  unix_etcd(const std::string& directory, std::string scheme, std::string more = "")
      : directory_(directory), scheme_(std::move(scheme)), more_(std::move(more)) {
    start();
  }
  void kill() { (void)running_->kill(); }
  void start() {
    running_ = std::make_unique<test::process>(std::vector<std::string>{
        "sh", "-c",
        "cd '" + directory_ +
            "' && exec \"${ETCD:-etcd}\" --data-dir=unix-data --listen-client-urls=" + scheme_ +
            "://localhost:1 --advertise-client-urls=http://127.0.0.1:1 "
            "--listen-peer-urls=http://127.0.0.1:0 " +
            more_});
  }
  [[nodiscard]] std::string path() const { return directory_ + "/localhost:1"; }
  [[nodiscard]] std::string endpoint() const { return scheme_ + "://" + path(); }

 private:
  std::string directory_;
  std::string scheme_;
  std::string more_;
  std::unique_ptr<test::process> running_;
};

struct place {
  std::string path;
  place() {
    char made[] = "/tmp/unix_etcd_XXXXXX";
    if (mkdtemp(made) == nullptr) test::give_up("no temporary directory");
    path = made;
  }
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

void await_trouble(uv_loop_t* loop, const instance& who, const std::string& part) {
  test::run_until(loop, [&] {
    return std::any_of(who.troubles.begin(), who.troubles.end(), [&](const error& each) {
      return each.message.find(part) != std::string::npos;
    });
  });
}

}  // namespace

Test(unix_sockets, carry_an_election_and_a_handover) {
  const place at;
  const unix_etcd etcd(at.path, "unix");
  test::loop loop;
  instance a(loop, "a", {etcd.endpoint()});
  instance b(loop, "b", {etcd.endpoint()});
  a.start().await("acquired");
  b.start().await("leader a");
  test::ok(a.resign());
  b.await("acquired");
  cr_assert(gt(llong, b.term.fencing_token, a.term.fencing_token));
  a.close_and_wait();
  b.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(unix_sockets, an_etcd_that_makes_its_socket_anew_is_found_again_and_the_leadership_lives) {
  const place at;
  unix_etcd etcd(at.path, "unix");
  test::loop loop;
  instance a(loop, "a", {etcd.endpoint()});
  a.options.ttl = milliseconds(20000);
  a.start().await("acquired");
  etcd.kill();
  unlink(etcd.path().c_str());
  await_trouble(loop, a, "there is no such socket");
  etcd.start();
  const auto renewals = a.session.stats().renewals;
  test::run_until(loop, [&] { return a.session.stats().renewals > renewals; });
  cr_assert(not(a.term.token.cancelled()));
  cr_assert(eq(llong, a.count("acquired"), 1));
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(unix_sockets, with_tls_the_certificate_must_be_for_localhost_or_the_name_that_is_given) {
  test::tls_etcd::certificates asked;
  asked.server_names = "DNS:localhost";
  test::tls_etcd files(asked);
  files.kill();
  const unix_etcd etcd(files.file("."), "unixs",
                       "--cert-file=server.pem --key-file=server.key --client-cert-auth "
                       "--trusted-ca-file=ca.pem");
  test::loop loop;
  instance a(loop, "a", {etcd.endpoint()});
  a.options.tls.ca_file = files.file("ca.pem");
  a.options.tls.cert_file = files.file("client.pem");
  a.options.tls.key_file = files.file("client.key");
  a.start().await("acquired");
  instance b(loop, "b", {etcd.endpoint()});
  b.options.tls = a.options.tls;
  b.options.tls.server_name = "etcd.test";
  b.start();
  await_trouble(loop, b, "not for this host");
  b.close_and_wait();
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}
