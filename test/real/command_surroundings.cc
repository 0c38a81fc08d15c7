// `tenure campaign` and what is around it: the environment, pipes, signals, logs.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <csignal>
#include <fstream>

#include "command_run.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

void stop(command_run& run) {
  run.child().signal(SIGTERM);
  ending how = run.child().wait();
  cr_assert(eq(int, how.exit_code, 0), "%s", run.child().errors().c_str());
}

std::string without_scheme(const std::string& endpoint) {
  return endpoint.substr(endpoint.find("://") + 3);
}

}  // namespace

Test(command_surroundings, endpoints_come_from_the_environment_as_etcdctl_takes_them) {
  etcd store;
  command_run run({"campaign", "--app", "a", "--instance", "i", "--format", "json"},
                  {"ETCDCTL_ENDPOINTS=" + without_scheme(store.endpoint())});
  run.next("acquired");
  stop(run);
}

Test(command_surroundings, a_flag_wins_over_the_environment) {
  etcd store;
  command_run run(campaign(store, "i"), {"ETCDCTL_ENDPOINTS=ftp://nonsense"});
  run.next("acquired");
  stop(run);
}

Test(command_surroundings, a_proxy_in_the_environment_is_not_used) {
  etcd store;
  const std::string dead = "http://127.0.0.1:" + std::to_string(free_port());
  command_run run(campaign(store, "i"),
                  {"http_proxy=" + dead, "ALL_PROXY=" + dead, "all_proxy=" + dead});
  run.next("acquired");
  stop(run);
}

Test(command_surroundings, credentials_come_from_the_environment_or_a_file_and_are_not_shown) {
  etcd store;
  store.etcdctl({"user", "add", "root:hunter2"});
  store.etcdctl({"user", "grant-role", "root", "root"});
  store.etcdctl({"auth", "enable"});

  const std::string path = store.data_dir() + "/password";  // gone with the store
  std::ofstream(path) << "hunter2\n";

  struct way {
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
  };
  const way ways[] = {
      {{}, {"ETCDCTL_USER=root:hunter2"}},
      {{}, {"ETCDCTL_USER=root", "ETCDCTL_PASSWORD=hunter2"}},
      {{"--user", "root"}, {"ETCDCTL_PASSWORD=hunter2"}},
      {{"--user", "root", "--password-file", path}, {"ETCDCTL_USER=other:wrong"}},
  };
  for (const way& one : ways) {
    auto arguments = campaign(store, "i", one.arguments);
    arguments.insert(arguments.end(), {"--log", "debug"});
    command_run run(arguments, one.environment);
    run.next("acquired");
    stop(run);
    const std::string log = run.child().errors();
    cr_expect(not(log.empty()));
    cr_expect(log.find("hunter2") == std::string::npos);
  }

  // A password that is nobody's is not sent, and that is said.
  command_run nobody(campaign(store, "i"), {"ETCDCTL_PASSWORD=hunter2"});
  nobody.next("error");
  stop(nobody);
  const std::string warning = nobody.child().errors();
  cr_expect(
      warning.find("ETCDCTL_PASSWORD is not used, since there is no user") != std::string::npos,
      "%s", warning.c_str());
  cr_expect(warning.find("hunter") == std::string::npos);

  command_run wrong(campaign(store, "i"), {"ETCDCTL_USER=root:hunter3"});
  happening refused = wrong.next("error", "code", "authentication_failed");
  cr_expect(refused.text("message").find("hunter") == std::string::npos);
  stop(wrong);
}

Test(command_surroundings, a_reader_that_goes_away_stops_it_and_its_key_goes) {
  etcd store;
  process shell({"sh", "-c",
                 "\"$0\" campaign --endpoints " + store.endpoint() +
                     " --app app --instance i 2>&1 | head -n 3",
                 built("tenure")});
  shell.wait();
  await([&store] { return queue(store).empty(); });
}

Test(command_surroundings, a_full_disk_under_stdout_stops_it_with_1) {
  etcd store;
  process shell({"sh", "-c",
                 "exec \"$0\" campaign --endpoints " + store.endpoint() +
                     " --app app --instance i >/dev/full",
                 built("tenure")});
  ending how = shell.wait();
  cr_assert(eq(int, how.exit_code, 1));
  cr_assert(shell.errors().find("stdout cannot be written") != std::string::npos, "%s",
            shell.errors().c_str());
  cr_assert(queue(store).empty());
}

Test(command_surroundings, text_is_one_readable_line_an_event) {
  etcd store;
  process child({built("tenure"), "campaign", "--endpoints", store.endpoint(), "--app", "app",
                 "--instance", "a b", "--shard", "s"});
  const std::string line = child.line_with(" acquired ");
  cr_assert(line.find(R"(Z "a b" app/s acquired fencing_token=)") != std::string::npos, "%s",
            line.c_str());
  cr_assert(line.find(" key=app/s/leader/") != std::string::npos, "%s", line.c_str());
  child.signal(SIGTERM);
  ending how = child.wait();
  cr_assert(eq(int, how.exit_code, 0));
}

Test(command_surroundings, log_records_go_to_stderr_and_only_when_asked_for) {
  etcd store;
  command_run quiet(campaign(store, "quiet"));
  quiet.next("acquired");
  stop(quiet);
  cr_assert(eq(sz, quiet.child().errors().size(), 0));

  command_run loud(campaign(store, "loud", {"--log", "debug"}));
  loud.next("acquired");
  stop(loud);
  cr_assert(not(loud.child().errors().empty()));
}

Test(command_surroundings, the_ttl_shown_is_the_one_that_etcd_granted) {
  // etcd raises a TTL to one and a half of its election timeouts.
  etcd store(1, {"--heartbeat-interval=200", "--election-timeout=2000"});
  command_run run(campaign(store, "i", {"--ttl", "2"}));
  cr_assert(run.next("session").number("ttl_ms") == 3000);
  run.next("acquired");
  stop(run);
}

Test(command_surroundings, a_granted_ttl_that_the_times_do_not_fit_into_is_bad_configuration) {
  etcd store(1, {"--heartbeat-interval=100", "--election-timeout=5000"});  // grants 8 s at least
  // Enough for 2 s, not for 8.
  outcome seen = run_to_end(campaign(store, "i", {"--ttl", "2", "--margin", "16"}));
  cr_assert(eq(int, seen.how.exit_code, 2), "%s", seen.errors.c_str());
  for (const char* part : {"tenure: ", "etcd granted another TTL", "margin"}) {
    cr_assert(seen.errors.find(part) != std::string::npos, "%s", seen.errors.c_str());
  }
  cr_assert(seen.output.find("unsafe_timing") != std::string::npos, "%s", seen.output.c_str());
}
