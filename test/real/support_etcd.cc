// The etcd that the other tests stand on.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include <string>

#include "test/support/etcd.hpp"
#include "test/support/wait.hpp"

using tenure::test::answer;
using tenure::test::await;
using tenure::test::etcd;
using tenure::test::process;

Test(support_etcd, starts_answers_and_is_gone_with_its_data) {
  std::string directory;
  {
    etcd server;
    directory = server.data_dir();
    cr_assert(eq(int, access(directory.c_str(), F_OK), 0));
    server.etcdctl({"put", "key", "value"});
    cr_assert(server.etcdctl({"get", "key"}) == "key\nvalue\n");
    answer got = server.post("/v3/kv/range", R"({"key":"a2V5"})");
    cr_assert(eq(long, got.status, 200));
    cr_assert(got.body.find("dmFsdWU=") != std::string::npos);
  }
  cr_assert(ne(int, access(directory.c_str(), F_OK), 0));
}

Test(support_etcd, comes_back_after_a_kill_on_the_same_port_with_its_data) {
  etcd server;
  server.etcdctl({"put", "key", "value"});
  server.kill();
  cr_assert(eq(long, server.post("/v3/kv/range", R"({"key":"a2V5"})").status, 0));
  server.restart();
  cr_assert(server.etcdctl({"get", "key"}) == "key\nvalue\n");
}

Test(support_etcd, works_on_as_a_cluster_without_one_member) {
  etcd cluster(3);
  cr_assert(eq(sz, cluster.endpoints().size(), 3));
  cluster.stop(1);
  await([&] {
    return cluster.post("/v3/kv/put", R"({"key":"YQ==","value":"Yg=="})", 0).status == 200;
  });
  cluster.cont(1);
  cluster.await_healthy(1);
  cluster.terminate(2);
  cluster.etcdctl({"--endpoints=" + cluster.endpoint(0), "put", "key", "value"});
  cluster.start(2);
  cluster.await_healthy(2);
}

Test(support_etcd, runs_a_foreign_candidate) {
  etcd server;
  process foreign = server.etcdctl_process({"elect", "some/leader", "foreign"});
  foreign.line_with("some/leader/");
  cr_assert(foreign.next_line() == "foreign");
}
