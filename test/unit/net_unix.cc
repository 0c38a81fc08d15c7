// Unix sockets: requests, the pool of connections, and what is said when none comes up.
#include "test/unit/net_world.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

struct unix_world : world {
  std::string directory;
  std::string path;
  std::unique_ptr<scripted_server> local;

  unix_world() {
    char made[] = "/tmp/net_unix_XXXXXX";
    cr_assert(mkdtemp(made) != nullptr);
    directory = made;
    path = directory + "/a socket";
    local = std::make_unique<scripted_server>(&loop, path);
    local->on_request = [](peer& p, const http_request&) { p.answer("here"); };
  }
  void open_unix() {
    net::transport_config config;
    config.endpoints = {"unix://" + directory + "/a%20socket"};
    open(config);
  }
  void refused(const char* why) {
    net::reply r = ask();
    cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
    cr_assert(contains(r.failure, why), "%s", r.failure.c_str());
  }
  void finish() {
    local->close();
    world::finish();
    local.reset();
    unlink(path.c_str());
    rmdir(directory.c_str());
  }
};

}  // namespace

Test(net_unix, carries_requests_on_one_connection_and_names_localhost_as_the_host) {
  unix_world w;
  w.open_unix();
  for (int i = 0; i < 5; ++i) cr_assert(eq(type(std::string), w.ask().body, std::string("here")));
  cr_assert(eq(sz, w.local->accepted(), 1));
  cr_assert(eq(type(std::string), w.local->requests()[0].header("host"), std::string("localhost")));
  w.finish();
}

Test(net_unix, two_sockets_and_a_port_share_no_connection) {
  unix_world w;
  w.answer_all("there");
  scripted_server second(&w.loop, w.path + "2");
  second.on_request = [](peer& p, const http_request&) { p.answer("second"); };
  net::transport_config config;
  config.endpoints = {"unix://" + w.directory + "/a%20socket", second.url(), w.server->url()};
  config.endpoints[1].replace(config.endpoints[1].find(' '), 1, "%20");
  w.open(config);
  for (int round = 0; round < 3; ++round) {
    cr_assert(eq(type(std::string), w.ask("{}", 0).body, std::string("here")));
    cr_assert(eq(type(std::string), w.ask("{}", 1).body, std::string("second")));
    cr_assert(eq(type(std::string), w.ask("{}", 2).body, std::string("there")));
  }
  cr_assert(eq(sz, w.local->accepted() + second.accepted() + w.server->accepted(), 3));
  second.close();
  unlink((w.path + "2").c_str());
  w.finish();
}

Test(net_unix, a_stream_goes_both_ways) {
  unix_world w;
  w.local->on_request = [](peer& p, const http_request&) {
    p.begin_chunks();
    p.chunk("begun");
  };
  w.local->on_upload = [](peer& p, std::string_view more) { p.chunk(more); };
  w.open_unix();
  w.open_stream(1, true);
  w.until([&] { return contains(w.heard.bytes, "begun"); });
  w.carrier->write_stream(1, "echo");
  w.until([&] { return contains(w.heard.bytes, "echo"); });
  w.finish();
}

Test(net_unix, no_request_goes_into_a_connection_that_has_ended) {
  unix_world w;
  w.open_unix();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  for (int round = 1; round <= 3; ++round) {
    w.local->drop_all();
    cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
    cr_assert(eq(sz, w.local->accepted(), 1 + round));
  }
  w.finish();
}

Test(net_unix, a_redialled_one_loses_its_connections) {
  unix_world w;
  w.open_unix();
  w.ask();
  w.carrier->redial(0);
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(sz, w.local->accepted(), 2));
  w.finish();
}

Test(net_unix, a_socket_that_is_removed_and_made_again_serves_again) {
  unix_world w;
  w.open_unix();
  w.ask();
  w.local->refuse();
  w.local->drop_all();
  w.refused("nobody listens on that socket");
  unlink(w.path.c_str());
  w.refused("there is no such socket: is etcd running");
  w.local->listen_again();
  cr_assert(eq(type(std::string), w.ask().body, std::string("here")));
  w.finish();
}

Test(net_unix, who_may_not_write_to_it_is_told_so) {
  unix_world w;
  w.open_unix();
  chmod(w.directory.c_str(), 0755);
  chmod(w.path.c_str(), 0400);
  const bool root = geteuid() == 0;
  constexpr uid_t nobody = 65534;
  if (root) cr_assert(eq(int, seteuid(nobody), 0));  // root may write to everything
  w.refused("no permission for that socket");
  if (root) cr_assert(eq(int, seteuid(0), 0));
  w.finish();
}
