// `tenure observe`: who leads, and every change.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <csignal>
#include <set>

#include "command_run.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

void stop(command_run& run) {
  run.child().signal(SIGTERM);
  ending how = run.child().wait();
  cr_assert(eq(int, how.exit_code, 0), "%s", run.child().errors().c_str());
}

}  // namespace

Test(command_observe, prints_the_present_leader_and_every_change) {
  etcd store;
  command_run one(campaign(store, "one"));
  const happening first = one.next("acquired");
  command_run two(campaign(store, "two"));
  two.next("position");

  command_run observer(observe(store));
  const happening present = observer.next();
  cr_assert(present.event == "leader");
  cr_assert(present.text("leader") == "one");
  cr_assert(present.text("key") == first.text("key"));
  cr_assert(present.number("fencing_token") == first.number("fencing_token"));

  stop(one);
  const happening change = observer.next("leader", "leader", "two");
  cr_assert(change.number("fencing_token") > first.number("fencing_token"));
  stop(two);
  const happening nobody = observer.next("leader", "leader", "");
  cr_assert(nobody.numbers.count("fencing_token") == 0);
  stop(observer);
}

Test(command_observe, tells_at_once_that_nobody_leads) {
  etcd store;
  command_run observer(observe(store));
  cr_assert(observer.next("leader").text("leader").empty());
  stop(observer);
}

Test(command_observe, leaves_no_trace_in_etcd) {
  etcd store;
  command_run observer(observe(store));
  observer.next("leader");
  cr_assert(store.etcdctl({"lease", "list"}).find("found 0 leases") != std::string::npos);
  cr_assert(queue(store, "").empty());
  stop(observer);
}

Test(command_observe, follows_several_shards) {
  etcd store;
  command_run leader(campaign(store, "one", {"--shards", "3"}));
  command_run observer(observe(store, {"--shards", "3"}));
  std::set<std::string> shards;
  while (shards.size() < 3) shards.insert(observer.next("leader", "leader", "one").text("shard"));
  const std::set<std::string> all{"shard-0000", "shard-0001", "shard-0002"};
  cr_assert(shards == all);
  stop(leader);
  stop(observer);
}

Test(command_observe, shows_the_value_of_a_key_that_is_not_ours_whatever_is_in_it) {
  etcd store;
  command_run observer(observe(store));
  observer.next("leader", "leader", "");
  store.etcdctl({"put", "app/leader/1", "plain words"});
  observer.next("leader", "leader", "plain words");
  store.etcdctl({"del", "app/leader/1"});
  observer.next("leader", "leader", "");
  // 0xFF is never part of UTF-8; the line has to be JSON all the same.
  cr_assert(store.post("/v3/kv/put", R"({"key":"YXBwL2xlYWRlci8x","value":"Yf8KYg=="})").status ==
            200);
  observer.next("leader", "leader", "a\xEF\xBF\xBD\nb");
  stop(observer);
}

Test(command_observe, goes_on_after_etcd_was_away) {
  etcd store;
  command_run observer(observe(store));
  observer.next("leader", "leader", "");
  store.kill();
  observer.next("error");
  store.restart();
  command_run leader(campaign(store, "one"));
  leader.next("acquired");
  observer.next("leader", "leader", "one");
  stop(leader);
  stop(observer);
}

Test(command_observe, all_follows_every_shard_also_those_that_come_later) {
  etcd store;
  command_run leader(campaign(store, "one", {"--shards", "3"}));
  for (int i = 0; i < 3; ++i) leader.next("acquired");
  command_run observer(observe(store, {"--all"}));
  std::set<std::string> shards;
  for (happening seen = observer.next(); seen.event != "current"; seen = observer.next()) {
    cr_assert(seen.event == "leader" && seen.text("leader") == "one" &&
              seen.number("fencing_token") > 0);
    shards.insert(seen.text("shard"));
  }
  const std::set<std::string> all{"shard-0000", "shard-0001", "shard-0002"};
  cr_assert(shards == all);
  store.etcdctl({"put", "app/other/leader/1", "plain words"});
  cr_assert(observer.next().text("shard") == "other");
  command_run alone(campaign(store, "two"));
  const happening first = observer.next();
  cr_assert(first.text("shard").empty() && first.text("leader") == "two");
  stop(alone);
  cr_assert(observer.next("leader", "leader", "").text("shard").empty());
  stop(leader);
  for (int i = 0; i < 3; ++i) shards.erase(observer.next("leader", "leader", "").text("shard"));
  cr_assert(shards.empty());
  cr_assert(store.etcdctl({"lease", "list"}).find("found 0 leases") != std::string::npos);
  stop(observer);
}

Test(command_observe, all_tells_errors_once_and_goes_on_after_etcd_was_away) {
  etcd store;
  command_run observer(observe(store, {"--all"}));
  cr_assert(observer.next().event == "current");
  store.kill();
  observer.next("error");
  store.restart();
  observer.next("current");
  store.etcdctl({"put", "app/s/leader/1", "plain words"});
  observer.next("leader", "shard", "s");
  stop(observer);
}
