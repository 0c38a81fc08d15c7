// `tenure campaign` on a real etcd: what it prints, and what it does when told to.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <map>

#include "command_run.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

using strings = std::vector<std::string>;

void expect_exit(command_run& run, int code) {
  ending how = run.child().wait();
  cr_assert(eq(int, how.exit_code, code), "%s", run.child().errors().c_str());
}

void expect_events(const std::vector<happening>& seen, const strings& wanted) {
  std::string got;
  std::string expected;
  for (const auto& one : seen) got += one.event + ' ';
  for (const auto& one : wanted) expected += one + ' ';
  cr_assert(eq(str, got, expected));
}

// With 9 for every digit.
std::string shape(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }, '9');
  return text;
}

}  // namespace

Test(command_campaign, tells_its_story_in_order_and_resigns_on_sigterm) {
  etcd store;
  command_run run(campaign(store, "one"));
  std::vector<happening> told{run.next(), run.next(), run.next()};
  cr_assert(queue(store) == strings{told.at(2).text("key")});

  run.child().signal(SIGTERM);
  for (const happening& one : run.rest()) told.push_back(one);
  expect_exit(run, 0);
  expect_events(told, {"session", "campaigning", "acquired", "cancelled", "stopped", "resigned"});
  cr_assert(told.at(3).text("reason") == "resigned");
  cr_assert(queue(store).empty());

  const std::int64_t token = told.at(2).number("fencing_token");
  cr_assert(token > 1);
  std::int64_t last_ns = 0;
  for (const happening& one : told) {
    cr_expect(one.text("app") == "app");
    cr_expect(one.text("shard").empty());
    cr_expect(one.text("instance") == "one");
    cr_expect(eq(str, shape(one.text("time")), "9999-99-99T99:99:99.999999999Z"));
    cr_expect(one.number("t_ns") >= last_ns);
    last_ns = one.number("t_ns");
    if (one.event != "session" && one.event != "campaigning")
      cr_expect(one.number("fencing_token") == token);
  }
}

Test(command_campaign, sigint_resigns_as_well) {
  etcd store;
  command_run run(campaign(store, "one"));
  run.next("acquired");
  run.child().signal(SIGINT);
  run.next("resigned");
  expect_exit(run, 0);
}

Test(command_campaign, sigusr1_resigns_and_campaigns_again) {
  etcd store;
  command_run run(campaign(store, "one"));
  const happening first = run.next("acquired");
  run.child().signal(SIGUSR1);
  const happening resigned = run.next("resigned");
  cr_assert(resigned.number("fencing_token") == first.number("fencing_token"));
  run.next("campaigning");
  const happening second = run.next("acquired");
  cr_assert(second.number("fencing_token") > first.number("fencing_token"));
  run.child().signal(SIGTERM);
  expect_exit(run, 0);
}

Test(command_campaign, the_next_in_line_takes_over_and_the_old_leader_queues_behind_it) {
  etcd store;
  command_run one(campaign(store, "one"));
  const happening first = one.next("acquired");
  command_run two(campaign(store, "two"));
  cr_assert(two.next("position").number("position") == 1);
  one.child().signal(SIGUSR1);
  const happening second = two.next("acquired");
  cr_assert(second.number("fencing_token") > first.number("fencing_token"));
  // Both clocks are the same: the term of one was over before the other was told.
  cr_assert(one.next("cancelled").number("t_ns") <= second.number("t_ns"));
  const happening seen = one.next("leader", "leader", "two");
  cr_assert(seen.number("fencing_token") == second.number("fencing_token"));
  cr_assert(seen.text("key") == second.text("key"));

  two.child().signal(SIGTERM);
  expect_exit(two, 0);
  one.next("acquired");
  one.child().signal(SIGTERM);
  expect_exit(one, 0);
}

Test(command_campaign, of_two_processes_with_one_name_one_leads) {
  etcd store;
  command_run one(campaign(store, "same"));
  const happening first = one.next("acquired");
  command_run two(campaign(store, "same"));
  cr_assert(two.next("position").number("position") == 1);
  // By name it might take the leader for itself.
  const happening seen = two.next("leader", "leader", "same");
  cr_assert(seen.number("fencing_token") == first.number("fencing_token"));
  cr_assert(eq(sz, queue(store).size(), 2));

  one.child().signal(SIGTERM);
  const std::int64_t over = one.next("cancelled").number("t_ns");
  const happening second = two.next("acquired");
  cr_assert(second.number("t_ns") >= over);
  cr_assert(second.number("fencing_token") > first.number("fencing_token"));
  expect_exit(one, 0);
  cr_assert(queue(store) == strings{second.text("key")});
  two.child().signal(SIGTERM);
  expect_exit(two, 0);
}

Test(command_campaign, a_waiting_candidate_leaves_the_queue_on_sigterm) {
  etcd store;
  command_run one(campaign(store, "one"));
  one.next("acquired");
  command_run two(campaign(store, "two"));
  two.next("position");
  two.child().signal(SIGTERM);
  const happening resigned = two.next("resigned");
  cr_assert(resigned.numbers.count("fencing_token") == 0);
  expect_exit(two, 0);
  cr_assert(eq(sz, queue(store).size(), 1));
}

Test(command_campaign, stops_at_once_with_0_when_etcd_was_never_there) {
  const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port());
  command_run run(
      {"campaign", "--endpoints", nobody, "--app", "a", "--instance", "i", "--format", "json"});
  const happening trouble = run.next("error");
  cr_assert(not(trouble.text("message").empty()));
  cr_assert(trouble.text("code") == "unreachable");
  run.child().signal(SIGTERM);
  expect_exit(run, 0);
}

Test(command_campaign, stands_in_every_shard_on_one_session) {
  etcd store;
  command_run run(campaign(store, "one", {"--shards", "3", "--shard", "extra"}));
  std::map<std::string, std::string> keys;
  while (keys.size() < 4) {
    const happening acquired = run.next("acquired");
    keys[acquired.text("shard")] = acquired.text("key");
  }
  for (const char* shard : {"extra", "shard-0000", "shard-0001", "shard-0002"}) {
    cr_assert(queue(store, std::string("app/") + shard + "/leader/") == strings{keys[shard]});
  }
  const std::string leases = store.etcdctl({"lease", "list"});
  cr_assert(leases.find("found 1 leases") != std::string::npos, "%s", leases.c_str());
  run.child().signal(SIGTERM);
  const auto last = run.rest();
  cr_assert(std::count_if(last.begin(), last.end(),
                          [](auto& one) { return one.event == "resigned"; }) == 4);
  expect_exit(run, 0);
  cr_assert(queue(store, "app/").empty());
}

Test(command_campaign, a_deleted_key_is_a_loss_after_which_it_campaigns_again) {
  etcd store;
  command_run run(campaign(store, "one"));
  const happening first = run.next("acquired");
  store.etcdctl({"del", first.text("key")});
  const happening cancelled = run.next("cancelled");
  cr_assert(cancelled.text("reason") == "key_deleted");
  const happening lost = run.next("lost");
  cr_assert(lost.text("reason") == "key_deleted");
  cr_assert(lost.number("fencing_token") == first.number("fencing_token"));
  cr_assert(run.next("acquired").number("fencing_token") > first.number("fencing_token"));
  run.child().signal(SIGTERM);
  expect_exit(run, 0);
}

Test(command_campaign, with_once_a_loss_is_the_end_and_exits_with_1) {
  for (const char* flag : {"--once", "--no-campaign-again"}) {
    etcd store;
    command_run run(campaign(store, "one", {flag}));
    store.etcdctl({"del", run.next("acquired").text("key")});
    run.next("lost");
    expect_exit(run, 1);
  }
}

Test(command_campaign, the_key_stays_until_the_work_has_stopped) {
  etcd store;
  command_run one(campaign(store, "one", {"--stop-work-ms", "400"}));
  one.next("acquired");
  command_run two(campaign(store, "two"));
  two.next("position");
  one.child().signal(SIGTERM);
  const std::int64_t cancelled = one.next("cancelled").number("t_ns");
  const std::int64_t stopped = one.next("stopped").number("t_ns");
  cr_assert(stopped - cancelled >= 400'000'000);
  cr_assert(two.next("acquired").number("t_ns") >= stopped);
  expect_exit(one, 0);
  cr_assert(eq(sz, one.child().errors().size(), 0));
}

Test(command_campaign, work_slower_than_the_stop_grace_is_warned_of_and_not_waited_for) {
  etcd store;
  command_run one(campaign(store, "one", {"--stop-work-ms", "1500", "--stop-grace", "200"}));
  one.next("acquired");
  cr_assert(one.child().errors().find("exceeds the stop grace of 200 ms") != std::string::npos);
  command_run two(campaign(store, "two"));
  two.next("position");
  one.child().signal(SIGUSR1);
  const std::int64_t taken_over = two.next("acquired").number("t_ns");
  const happening stopped = one.next("stopped");
  cr_assert(taken_over < stopped.number("t_ns"));
  two.child().signal(SIGTERM);
  one.next("acquired");
  one.child().signal(SIGTERM);
  one.next("stopped");
  expect_exit(one, 0);
}

Test(command_campaign, a_second_signal_exits_at_once_with_1) {
  etcd store;
  command_run run(campaign(store, "one", {"--stop-work-ms", "60000", "--ttl", "300"}));
  run.next("acquired");
  run.child().signal(SIGTERM);
  run.next("cancelled");
  cr_assert(run.child().running());
  run.child().signal(SIGINT);
  expect_exit(run, 1);
}

Test(command_campaign, a_resignation_that_etcd_does_not_answer_ends_in_time_with_1) {
  etcd store;
  command_run run(campaign(store, "one", {"--resign-limit", "300"}));
  run.next("acquired");
  store.stop();
  run.child().signal(SIGTERM);
  cr_assert(run.next("error", "code", "timed_out").text("message").find("300 ms") !=
            std::string::npos);
  expect_exit(run, 1);
}
