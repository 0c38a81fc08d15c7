// The command and `etcdctl elect` in one queue, as a real foreign peer, in both directions.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <csignal>
#include <sstream>

#include "command_run.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

void stop(command_run& run) {
  run.child().signal(SIGTERM);
  ending how = run.child().wait();
  cr_assert(eq(int, how.exit_code, 0), "%s", run.child().errors().c_str());
}

void await_queue(const etcd& store, std::size_t length) {
  await([&store, length] { return queue(store).size() == length; });
}

// Of etcdctl's key, as etcd has it: the fencing token that a foreign leader does not know it has.
std::int64_t create_revision(const etcd& store, const std::string& key) {
  std::istringstream fields(store.etcdctl({"get", key, "--write-out=fields"}));
  for (std::string line; std::getline(fields, line);) {
    const std::string name = "\"CreateRevision\" : ";
    if (line.compare(0, name.size(), name) == 0) return std::stoll(line.substr(name.size()));
  }
  give_up("no create revision of " + key);
}

}  // namespace

Test(command_interop, etcdctl_waits_for_us_and_leads_when_we_resign) {
  etcd store;
  command_run ours(campaign(store, "ours"));
  ours.next("acquired");
  process theirs = store.etcdctl_process({"elect", "app/leader", "theirs"});
  await_queue(store, 2);
  cr_assert(not(theirs.poll_line().has_value()));

  ours.child().signal(SIGUSR1);
  theirs.line_with("app/leader/");
  cr_assert(theirs.next_line() == "theirs");
  // We are back in the queue behind it, and know who leads.
  const happening seen = ours.next("leader", "leader", "theirs");
  cr_assert(seen.number("fencing_token") > 1);
  stop(ours);
}

Test(command_interop, we_wait_for_etcdctl_and_lead_when_it_leaves) {
  etcd store;
  process theirs = store.etcdctl_process({"elect", "app/leader", "theirs"});
  theirs.line_with("app/leader/");
  command_run ours(campaign(store, "ours"));
  const happening position = ours.next("position");
  cr_assert(position.number("position") == 1);
  const happening leader = ours.next("leader", "leader", "theirs");

  theirs.signal(SIGINT);
  const happening acquired = ours.next("acquired");
  cr_assert(acquired.number("fencing_token") > leader.number("fencing_token"));
  stop(ours);
}

Test(command_interop, the_order_of_a_mixed_queue_is_the_order_of_standing_and_of_the_tokens) {
  etcd store;
  command_run first(campaign(store, "first"));
  const std::int64_t first_token = first.next("acquired").number("fencing_token");
  process second = store.etcdctl_process({"elect", "app/leader", "second"});
  await_queue(store, 2);
  command_run third(campaign(store, "third"));
  await_queue(store, 3);
  process fourth = store.etcdctl_process({"elect", "app/leader", "fourth"});
  await_queue(store, 4);

  stop(first);
  const std::int64_t second_token = create_revision(store, second.line_with("app/leader/"));
  second.line_with("second");
  cr_assert(gt(llong, second_token, first_token));
  // Who waits behind it is told the same.
  const happening seen = third.next("leader", "leader", "second");
  cr_assert(eq(llong, seen.number("fencing_token"), second_token));

  second.signal(SIGINT);
  const std::int64_t third_token = third.next("acquired").number("fencing_token");
  cr_assert(gt(llong, third_token, second_token));
  cr_assert(not(fourth.poll_line().has_value()));

  stop(third);
  const std::int64_t fourth_token = create_revision(store, fourth.line_with("app/leader/"));
  fourth.line_with("fourth");
  cr_assert(gt(llong, fourth_token, third_token));
}

Test(command_interop, etcdctl_elect_l_shows_our_value) {
  etcd store;
  command_run ours(campaign(store, "ours"));
  const happening acquired = ours.next("acquired");
  process listening = store.etcdctl_process({"elect", "-l", "app/leader"});
  cr_assert(listening.next_line() == acquired.text("key"));
  const std::string value = listening.line_with("LeaderSince");
  for (const char* part : {R"("Instance":"ours")", R"("LeaderSince":")", R"("LastSeen":")"}) {
    cr_expect(value.find(part) != std::string::npos, "%s", value.c_str());
  }
  stop(ours);
}

Test(command_interop, etcdctl_is_observed_as_well) {
  etcd store;
  command_run observer(observe(store));
  process theirs = store.etcdctl_process({"elect", "app/leader", "theirs"});
  const std::string key = theirs.line_with("app/leader/");
  cr_assert(observer.next("leader", "leader", "theirs").text("key") == key);
  stop(observer);
}
