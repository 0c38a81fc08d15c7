// A thousand candidates on one session, on a real etcd: one lease, one watch, a handful of
// connections, and each with its own life.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <string>
#include <vector>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

class many {
 public:
  many(uv_loop_t* loop, const etcd& store, std::string name, std::size_t count)
      : loop_(loop), each_(count) {
    options_.endpoints = store.endpoints();
    options_.app = "app";
    options_.instance = std::move(name);
    ok(session.open(loop, options_));
  }
  struct one {
    tenure::candidate candidate;
    leadership term;
    int acquired = 0;
    int lost = 0;
    int resigned = 0;
    int waits = 0;
    reason why = reason::none;
  };
  void stand(std::size_t i) {
    candidate_options where;
    where.shard = "s" + std::to_string(i);
    one& me = each_[i];
    candidate_events on;
    on.acquired = [&me](const leadership& term) {
      ++me.acquired;
      me.term = term;
    };
    on.lost = [&me](reason why, const error&) {
      ++me.lost;
      me.why = why;
      cr_assert(me.term.token.cancelled());
      me.candidate.work_stopped(me.term.fencing_token);
    };
    on.resigned = [&me] { ++me.resigned; };
    on.position = [&me](std::size_t) { ++me.waits; };
    ok(me.candidate.stand(session, where, std::move(on)));
  }
  many& stand_all() {
    for (std::size_t i = 0; i < each_.size(); ++i) stand(i);
    return *this;
  }
  one& operator[](std::size_t i) { return each_[i]; }
  [[nodiscard]] std::size_t size() const { return each_.size(); }
  template <class Holds>
  [[nodiscard]] std::size_t count(Holds holds) {
    return static_cast<std::size_t>(std::count_if(each_.begin(), each_.end(), holds));
  }
  [[nodiscard]] std::size_t leading() {
    return count([](const one& c) { return c.candidate.leading(); });
  }
  void await_leading(std::size_t n) {
    run_until(loop_, [&] { return leading() == n; });
  }
  void close_and_wait() {
    bool closed = false;
    session.close([&] { closed = true; });
    for (one& c : each_) c.candidate.work_stopped(c.term.fencing_token);
    run_until(loop_, [&] { return closed; });
  }
  tenure::session session;

 private:
  uv_loop_t* loop_;
  session_options options_;
  std::vector<one> each_;
};

std::string only_lease(const etcd& store) {
  const std::string list = store.etcdctl({"lease", "list"});  // "found 1 leases\n<id>\n"
  cr_assert(eq(type(std::string), list.substr(0, 14), std::string("found 1 leases")));
  return list.substr(15, list.find('\n', 15) - 15);
}

}  // namespace

Test(many, a_thousand_share_a_lease_and_a_watch_and_each_lives_by_itself) {
  etcd store;
  loop l;
  many all(l, store, "a", 1000);
  all.stand_all().await_leading(1000);
  (void)only_lease(store);
  cr_assert(eq(ullong, all.session.stats().watch_opens, 1));
  cr_assert(le(ullong, all.session.stats().requests, 100), "few requests for all of them");

  // One resigns, one is closed, and the others are left alone.
  ok(all[7].candidate.resign(milliseconds(5000)));
  all[7].candidate.work_stopped(all[7].term.fencing_token);
  bool closed = false;
  all[8].candidate.close([&] { closed = true; });
  all[8].candidate.work_stopped(all[8].term.fencing_token);
  run_until(l, [&] { return all[7].resigned == 1 && closed; });
  cr_assert(eq(sz, all.leading(), 998));
  cr_assert(eq(int, all[8].lost, 1));
  cr_assert(all[8].why == reason::session_closed);
  cr_assert(eq(sz, all.count([](const many::one& c) { return c.lost != 0; }), 1));

  // Both come back, at any time.
  const std::int64_t before = all[7].term.fencing_token;
  ok(all[7].candidate.stand_again());
  all.stand(8);
  run_until(l, [&] { return all[7].acquired == 2 && all[8].acquired == 2; });
  cr_assert(gt(llong, all[7].term.fencing_token, +before));

  // One key deleted by hand: exactly that leadership is lost.
  store.etcdctl({"del", all[500].term.key});
  run_until(l, [&] { return all[500].lost == 1; });
  cr_assert(all[500].why == reason::key_deleted);
  cr_assert(eq(sz, all.count([](const many::one& c) { return c.lost != 0; }), 2));
  all.await_leading(1000);
  all.close_and_wait();
  cr_assert(store.etcdctl({"get", "--prefix", "app/"}).empty());
  cr_assert(eq(int, l.close(), 0));
}

Test(many, a_lost_session_is_told_to_each_and_all_come_back_under_a_new_lease) {
  etcd store;
  loop l;
  many all(l, store, "a", 1000);
  all.stand_all().await_leading(1000);
  store.etcdctl({"lease", "revoke", only_lease(store)});
  run_until(l, [&] { return all.count([](const many::one& c) { return c.lost == 1; }) == 1000; });
  cr_assert(
      eq(sz, all.count([](const many::one& c) { return c.why == reason::lease_expired; }), 1000));
  run_until(l,
            [&] { return all.count([](const many::one& c) { return c.acquired == 2; }) == 1000; });
  cr_assert(eq(sz, all.count([](const many::one& c) { return c.lost == 1; }), 1000));
  cr_assert(eq(ullong, all.session.stats().leases, 2));
  all.close_and_wait();
  cr_assert(eq(int, l.close(), 0));
}

Test(many, a_thousand_are_handed_over_every_one_of_them) {
  etcd store;
  loop l;
  many first(l, store, "a", 1000);
  first.stand_all().await_leading(1000);
  many second(l, store, "b", 1000);
  second.stand_all();
  run_until(l,
            [&] { return second.count([](const many::one& c) { return c.waits != 0; }) == 1000; });
  for (std::size_t i = 0; i < 1000; ++i) {
    ok(first[i].candidate.resign(milliseconds(20000)));
    first[i].candidate.work_stopped(first[i].term.fencing_token);
  }
  run_until(
      l, [&] { return second.count([](const many::one& c) { return c.acquired == 1; }) == 1000; });
  cr_assert(eq(sz, second.count([](const many::one& c) { return c.lost == 0; }), 1000));
  run_until(
      l, [&] { return first.count([](const many::one& c) { return c.resigned == 1; }) == 1000; });
  // And back, by closing.
  for (std::size_t i = 0; i < 1000; ++i) ok(first[i].candidate.stand_again());
  run_until(l,
            [&] { return first.count([](const many::one& c) { return c.waits != 0; }) == 1000; });
  second.close_and_wait();
  first.await_leading(1000);
  first.close_and_wait();
  cr_assert(eq(int, l.close(), 0));
}

Test(many, a_server_that_takes_fewer_operations_is_served_in_smaller_batches) {
  etcd store(1, {"--max-txn-ops=32"});
  loop l;
  many all(l, store, "a", 200);
  all.stand_all().await_leading(200);
  many waiting(l, store, "b", 200);
  waiting.stand_all();
  run_until(l,
            [&] { return waiting.count([](const many::one& c) { return c.waits != 0; }) == 200; });
  all.close_and_wait();
  waiting.await_leading(200);
  // Reassurances fit as well.
  const auto lost = [&] { return waiting.count([](const many::one& c) { return c.lost != 0; }); };
  run_until(l, [&] { return waiting.session.stats().renewals >= 2; });
  cr_assert(eq(sz, lost(), 0));
  cr_assert(eq(sz, waiting.leading(), 200));
  waiting.close_and_wait();
  cr_assert(eq(int, l.close(), 0));
}

// Two win in the same turn, and the first resigns the second, which has no work that could stop:
// nothing is waited for.
Test(many, who_resigns_before_acquired_was_told_gives_its_key_back_at_once) {
  etcd store;
  loop the_loop;
  session_options options;
  options.endpoints = store.endpoints();
  options.app = "app";
  options.instance = "a";
  options.ttl = milliseconds(60000);
  options.stop_grace = milliseconds(20000);
  options.request_timeout = milliseconds(5000);
  session both;
  ok(both.open(the_loop, options));
  candidate one;
  candidate two;
  bool told_two = false;
  bool resigned = false;
  error how;
  candidate_events on;
  std::int64_t term_of_one = 0;
  on.acquired = [&](const leadership& term) {
    term_of_one = term.fencing_token;
    cr_assert(two.leading());
    ok(two.resign(milliseconds(10000), [&](const error& e) {
      how = e;
      resigned = true;
    }));
  };
  candidate_options where;
  where.shard = "one";
  ok(one.stand(both, where, on));
  where.shard = "two";
  on.acquired = [&](const leadership&) { told_two = true; };
  ok(two.stand(both, where, on));
  run_until(the_loop, [&] { return resigned; });
  cr_assert(not(bool(how)), "%s", how.message.c_str());
  cr_assert(zero(int, int(told_two)));
  bool closed = false;
  both.close([&] { closed = true; });
  one.work_stopped(term_of_one);
  run_until(the_loop, [&] { return closed; });
  cr_assert(zero(int, the_loop.close()));
}
