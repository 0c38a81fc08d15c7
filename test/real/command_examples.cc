// The examples run as they are shown.
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "test/support/etcd.hpp"
#include "test/support/process.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

void stop(process& child, int number = SIGTERM) {
  child.signal(number);
  ending how = child.wait();
  cr_assert(eq(int, how.exit_code, 0), "%s", child.errors().c_str());
}

process worker(const etcd& store, const std::string& name) {
  return process({built("examples/worker"), "app", name, store.endpoint()});
}

process server(const etcd& store, const std::string& name) {
  return process({built("examples/server"), "0", "app", name},
                 {"ETCDCTL_ENDPOINTS=" + store.endpoint()});
}

int port_of(process& server) {
  const std::string line = server.line_with("listening on ");
  return std::atoi(line.substr(line.rfind(':') + 1).c_str());
}

// What the server answers; nothing if it does not.
std::string ask(int port, const std::string& request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n") {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char buffer[1024];
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;)
      answer.append(buffer, static_cast<std::size_t>(got));
  }
  close(fd);
  return answer;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

Test(command_examples, workers_work_one_at_a_time) {
  etcd store;
  process one = worker(store, "one");
  one.line_with("one leads, fencing token");
  one.line_with("one finished unit 1");
  process two = worker(store, "two");
  two.line_with("two is next in line");

  one.signal(SIGTERM);
  one.line_with("one resigned");
  two.line_with("two leads");
  ending how = one.wait();
  cr_assert(eq(int, how.exit_code, 0));
  two.line_with("two finished unit 1");
  stop(two, SIGINT);
}

Test(command_examples, a_worker_that_lost_works_again_later) {
  etcd store;
  process one = worker(store, "one");
  one.line_with("one leads");
  store.etcdctl({"del", "--prefix", "app/leader/"});
  one.line_with("lost the leadership");
  one.line_with("one leads");
  one.line_with("finished unit");
  stop(one);
}

Test(command_examples, only_the_leader_serves_and_others_name_it) {
  etcd store;
  process one = server(store, "one");
  const int first = port_of(one);
  one.line_with("leading");
  cr_assert(has(ask(first), "200 OK"));
  cr_assert(has(ask(first), "served under fencing token "));
  cr_assert(has(ask(first, "POST / HTTP/1.1\r\n\r\n"), "405"));

  process two = server(store, "two");
  const int second = port_of(two);
  await([second] {
    return has(ask(second), "503") && has(ask(second), "not the leader, it is one");
  });

  stop(one);
  two.line_with("leading");
  cr_assert(has(ask(second), "200 OK"));
  cr_assert(ask(first).empty());
  stop(two);
}

Test(command_examples, a_server_keeps_no_client_that_says_nothing) {
  process one({built("examples/server"), "0", "app", "one",
               "127.0.0.1:1"});  // it needs no leadership for that
  // Returns when the server has closed the connection.
  cr_assert(ask(port_of(one), "GET ").empty());
  stop(one);
}

Test(command_examples, a_server_refuses_what_is_no_port) {
  for (const char* port : {"", "http", "80x", "-1", "65536", "99999999999"}) {
    process one({built("examples/server"), port, "app", "one", "127.0.0.1:1"});
    ending how = one.wait();
    cr_expect(eq(int, how.exit_code, 2), "%s", port);
    cr_expect(has(one.errors(),
                  ("port '" + std::string(port) + "' is not a number from 0 to 65535").c_str()),
              "%s", port);
  }
}

Test(command_examples, a_server_ends_though_a_client_is_slow) {
  etcd store;
  process one = server(store, "one");
  const int port = port_of(one);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  cr_assert(eq(int, connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0));
  cr_assert(eq(int, static_cast<int>(write(fd, "GET ", 4)), 4));
  one.line_with("leading");
  stop(one);
  close(fd);
}

Test(command_examples, both_say_what_they_need_and_what_is_wrong) {
  for (const char* name : {"examples/worker", "examples/server"}) {
    process none({built(name)});
    ending how = none.wait();
    cr_expect(eq(int, how.exit_code, 2));
    cr_expect(has(none.errors(), "usage: "));
  }
  process bad({built("examples/worker"), "a//b", "one", "http://127.0.0.1:1"});
  ending how = bad.wait();
  cr_expect(eq(int, how.exit_code, 2));
  cr_expect(has(bad.errors(), "worker: "));
  process bad_server({built("examples/server"), "0", "a//b", "one", "http://127.0.0.1:1"});
  how = bad_server.wait();
  cr_expect(eq(int, how.exit_code, 2));
  cr_expect(has(bad_server.errors(), "server: "));
}

// Jobs wait for a lease in silence, as far as the runner is concerned: it is the session that has a
// word for it.
Test(command_examples, jobs_say_so_if_etcd_cannot_be_reached) {
  process one({built("examples/jobs"), "--instance", "one", "--endpoints",
               "http://127.0.0.1:" + std::to_string(free_port())});
  const std::string line = one.line_with("\"event\":\"error\"");
  cr_assert(has(line, "\"shard\":\"\""), "%s", line.c_str());
  cr_assert(has(line, "127.0.0.1"), "%s", line.c_str());
  stop(one);
}

Test(command_examples, all_take_endpoints_as_etcdctl_users_have_set_them) {
  etcd store;
  const std::string plain = store.endpoint().substr(store.endpoint().find("://") + 3);
  const std::string dead = "127.0.0.1:" + std::to_string(free_port());
  const std::vector<std::string> several = {"ETCDCTL_ENDPOINTS=" + plain + "," + dead};

  process worker({built("examples/worker"), "worker", "one"}, several);
  worker.line_with("one leads");
  process server({built("examples/server"), "0", "server", "one"}, several);
  server.line_with("leading");
  process jobs({built("examples/jobs"), "--instance", "one", "--jobs", "1"}, several);
  jobs.line_with("acquired");
  process fenced({built("examples/fenced_store"), "fenced"}, several);
  fenced.line_with("REFUSED");
  ending how = fenced.wait();
  cr_assert(eq(int, how.exit_code, 0));
  for (process* each : {&worker, &server, &jobs}) stop(*each);
}
