// Who leads each shard of an application: against a real etcd.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <memory>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/proxy.hpp"

using namespace tenure;
using test::instance;

namespace {

using strings = std::vector<std::string>;

session_options options_of(const test::etcd& etcd, const std::string& name) {
  session_options o;
  o.endpoints = etcd.endpoints();
  o.app = "app";
  o.instance = name;
  o.ttl = milliseconds(5000);
  return o;
}

// A directory and what it was told: "current", "trouble", or "shard=leader". The leader is its
// instance or value; "-": none.
struct reader {
  tenure::directory directory;
  strings told;
  bool closed = false;

  void follow(session& s) {
    directory_events e;
    e.leader = [this](const std::string& shard, const leader_info& who) {
      told.push_back(shard + "=" + (!who ? "-" : who.instance.empty() ? who.value : who.instance));
    };
    e.current = [this] {
      cr_assert(directory.current());
      told.push_back("current");
    };
    e.trouble = [this](const error&) { told.push_back("trouble"); };
    test::ok(directory.follow(s, std::move(e)));
  }
  [[nodiscard]] long count(const std::string& what) const {
    return std::count(told.begin(), told.end(), what);
  }
  void await(uv_loop_t* loop, const std::string& what, long times = 1,
             const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    test::run_until(
        loop, [&] { return count(what) >= times; }, 30, file, line);
  }
  // The leader's changes, without the rest.
  [[nodiscard]] strings changes() const {
    strings out;
    std::copy_if(told.begin(), told.end(), std::back_inserter(out),
                 [](const std::string& each) { return each.find('=') != std::string::npos; });
    return out;
  }
  [[nodiscard]] bool changed_to(const strings& expected) const {
    const strings seen = changes();
    std::string all;
    for (const std::string& each : seen) all += each + " ";
    cr_expect(seen == expected, "%s", all.c_str());
    return seen == expected;
  }
};

struct follower : reader {
  tenure::session session;

  void start(uv_loop_t* loop, const test::etcd& etcd, const std::string& endpoint = "") {
    session_options o = options_of(etcd, "follower");
    if (!endpoint.empty()) o.endpoints = {endpoint};
    test::ok(session.open(loop, o));
    follow(session);
  }
  void close(uv_loop_t* loop) {
    session.close([this] { closed = true; });
    test::run_until(loop, [this] { return closed; });
  }
};

// One process that stands in many shards.
struct fleet {
  tenure::session session;
  std::vector<candidate> candidates;
  std::vector<std::int64_t> terms;  // the fencing token of each one's last
  std::size_t leading = 0;
  bool closed = false;

  void start(uv_loop_t* loop, const test::etcd& etcd, std::size_t shards,
             const std::string& name = "fleet") {
    test::ok(session.open(loop, options_of(etcd, name)));
    candidates.resize(shards);
    terms.resize(shards);
    for (std::size_t i = 0; i < shards; ++i) {
      candidate_events e;
      e.acquired = [this, i](const leadership& term) {
        ++leading;
        terms[i] = term.fencing_token;
      };
      e.lost = [this, i](reason, const error&) { candidates[i].work_stopped(terms[i]); };
      test::ok(candidates[i].stand(session, {"s" + std::to_string(1000 + i), true}, std::move(e)));
    }
  }
  void close(uv_loop_t* loop) {
    session.close([this] { closed = true; });
    test::run_until(loop, [this] { return closed; });
  }
};

void compact_all(const test::etcd& etcd) {
  for (int i = 0; i < 3; ++i) etcd.etcdctl({"put", "x", "y"});
  const std::string revision = etcd.etcdctl({"get", "x", "--write-out=json"});
  const auto at = revision.find("\"revision\":") + 11;
  etcd.etcdctl({"compact", revision.substr(at, revision.find(',', at) - at)});
}

}  // namespace

Test(directory, reads_many_shards_in_pages_and_takes_no_lease) {
  test::etcd etcd;
  test::loop loop;
  fleet leaders;
  constexpr std::size_t shards = 300;
  leaders.start(loop, etcd, shards);
  test::run_until(loop, [&] { return leaders.leading == shards; });

  follower f;
  f.start(loop, etcd);
  cr_assert(not(f.directory.current()));
  f.await(loop, "current");
  cr_assert(eq(sz, f.told.size(), shards + 1));
  cr_assert(eq(type(std::string), f.told.back(), std::string("current")));
  cr_assert(eq(sz, f.directory.size(), +shards));
  strings names = f.directory.shards();
  cr_assert(eq(sz, names.size(), +shards));
  cr_assert(std::is_sorted(names.begin(), names.end()));
  std::size_t visited = 0;
  f.directory.for_each([&](const std::string& shard, const leader_info& who) {
    cr_assert(eq(type(std::string), std::string(shard), names[visited++]));
    cr_assert(eq(type(std::string), std::string(who.instance), std::string("fleet")));
    cr_assert(eq(i64, +who.fencing_token, +f.directory.leader(shard).fencing_token));
    cr_assert(
        eq(type(std::string), who.key.substr(0, who.key.rfind('/')), "app/" + shard + "/leader"));
  });
  cr_assert(eq(sz, visited, +shards));
  cr_assert(eq(ullong, f.session.stats().requests, 5), "pages, and nothing else");
  cr_assert(eq(ullong, f.session.stats().leases, 0));

  leaders.close(loop);
  test::run_until(loop, [&] { return f.directory.size() == 0; });
  cr_assert(etcd.etcdctl({"lease", "list"}).find("found 0 leases") != std::string::npos);
  test::run_until(loop, [&] { return f.told.size() == 2 * shards + 1; });
  cr_assert(eq(sz, static_cast<std::size_t>(f.count("s1299=-")), 1));
  f.close(loop);
  cr_assert(zero(int, loop.close()));
}

// A page as of an earlier revision names the present revision, too. The core takes that from each
// linearizable answer.
Test(directory, a_page_of_the_past_tells_the_present_revision) {
  test::etcd etcd;
  const auto revision_in = [&](const std::string& body) {
    const auto at = body.find("\"revision\":\"");
    return at == std::string::npos ? -1 : std::atoll(body.c_str() + at + 12);
  };
  etcd.etcdctl({"put", "app/leader/1", "old"});
  const long long then = revision_in(etcd.post("/v3/kv/range", R"({"key":"YXBw"})").body);
  etcd.etcdctl({"put", "app/leader/1", "new"});
  const test::answer page = etcd.post(
      "/v3/kv/range", R"({"key":"YXBwLw==","range_end":"YXBwMA==","limit":"1","revision":")" +
                          std::to_string(then) + R"("})");
  cr_assert(eq(llong, revision_in(page.body), then + 1), "%s", page.body.c_str());
  cr_assert(page.body.find("b2xk") != std::string::npos, "%s", page.body.c_str());  // "old"
}

Test(directory, tells_every_change_of_leader_and_nothing_else) {
  test::etcd etcd;
  test::loop loop;
  follower f;
  f.start(loop, etcd);
  f.await(loop, "current");
  cr_assert(eq(sz, f.told.size(), 1), "nobody leads anywhere");
  instance a(loop, "a", etcd.endpoints());
  instance b(loop, "b", etcd.endpoints());
  a.options.reassure_interval = milliseconds(200);
  a.options.last_seen_interval = milliseconds(200);
  a.start().await("acquired");
  f.await(loop, "=a");
  b.start().await("campaigning");
  test::run_until(loop, [&] { return f.directory.queue("").size() == 2; });
  cr_assert(eq(type(std::string), f.directory.queue("")[1].instance, std::string("b")));
  // LastSeen is written, which is no change of leader, but can be looked up.
  const std::string value = f.directory.leader("").value;
  test::run_until(loop, [&] { return f.directory.leader("").value != value; });
  cr_assert(eq(sz, f.told.size(), 2));
  test::ok(a.resign());
  b.await("acquired");
  f.await(loop, "=b");
  cr_assert(eq(i64, f.directory.leader("").fencing_token, b.fencing_tokens.back()));
  // Its lease is taken from it by hand.
  char lease[20];
  std::snprintf(lease, sizeof lease, "%llx", static_cast<unsigned long long>(b.lease));
  etcd.etcdctl({"lease", "revoke", lease});
  b.await("acquired", 2);
  f.await(loop, "=b", 2);
  cr_assert(f.changed_to(strings{"=a", "=b", "=-", "=b"}));
  b.close_and_wait();
  f.await(loop, "=-", 2);
  cr_assert(zero(sz, f.directory.size()));
  cr_assert(not(static_cast<bool>(f.directory.leader(""))));
  a.close_and_wait();
  f.close(loop);
  cr_assert(not(f.directory.current()));
  cr_assert(zero(int, loop.close()));
}

Test(directory, follows_what_others_write_and_leaves_out_what_is_no_election) {
  test::etcd etcd;
  test::loop loop;
  etcd.etcdctl({"put", "app/s1/leader/2", "second"});
  follower f;
  f.start(loop, etcd);
  f.await(loop, "current");
  auto elect = etcd.etcdctl_process({"elect", "app/s1/leader", "third"});
  test::run_until(loop, [&] { return f.directory.queue("s1").size() == 2; });
  for (const char* key : {"app/1", "app/s1/leader", "app/s1/leaders/1", "app/s/t/leader/1",
                          "app//leader/1", "other/leader/1"}) {
    etcd.etcdctl({"put", key, "no candidate"});
  }
  etcd.etcdctl({"put", "app/s0/leader/deep/name", "first"});
  f.await(loop, "s0=first");
  etcd.etcdctl({"put", "app/s1/leader/2", "second, again"});
  etcd.etcdctl({"del", "app/s0/leader/deep/name"});
  f.await(loop, "s0=-");
  cr_assert(eq(type(std::string), f.directory.leader("s1").value, std::string("second, again")));
  etcd.etcdctl({"del", "app/s1/leader/2"});
  f.await(loop, "s1=third");
  elect.line_with("third");  // interrupted before it has said so, it leaves its key behind
  elect.signal(SIGINT);
  f.await(loop, "s1=-");
  // Two of a queue go at once: the one in between never leads.
  for (const char* name : {"1", "2", "3"})
    etcd.etcdctl({"put", std::string("app/s2/leader/") + name, name});
  etcd.etcdctl({"del", "app/s2/leader/1", "app/s2/leader/3"});
  f.await(loop, "s2=3");
  cr_assert(
      f.changed_to(strings{"s1=second", "s0=first", "s0=-", "s1=third", "s1=-", "s2=1", "s2=3"}));
  f.close(loop);
  cr_assert(zero(int, loop.close()));
}

Test(directory, after_a_compaction_while_disconnected_it_tells_the_differences_only) {
  test::etcd etcd;
  test::loop loop;
  for (const char* shard : {"a", "b", "c"})
    etcd.etcdctl({"put", std::string("app/") + shard + "/leader/1", "one"});
  test::proxy between(loop, etcd.endpoint());
  follower f;
  f.start(loop, etcd, between.url());
  f.await(loop, "current");
  f.told.clear();
  between.both(test::traffic::reset());
  f.await(loop, "trouble");
  cr_assert(not(f.directory.current()));
  etcd.etcdctl({"del", "app/a/leader/1"});
  etcd.etcdctl({"del", "app/b/leader/1"});
  etcd.etcdctl({"put", "app/b/leader/2", "two"});
  etcd.etcdctl({"put", "app/c/leader/1", "one, again"});
  etcd.etcdctl({"put", "app/d/leader/1", "one"});
  compact_all(etcd);
  between.both(test::traffic::pass());
  f.await(loop, "current");
  cr_assert(f.changed_to(strings{"a=-", "b=two", "d=one"}));
  cr_assert(eq(type(std::string), f.told.back(), std::string("current")));
  cr_assert(eq(type(std::string), f.directory.leader("c").value, std::string("one, again")));
  f.close(loop);
  between.close();
  cr_assert(zero(int, loop.close()));
}

Test(directory, beside_candidates_of_the_same_session_it_survives_a_restart_of_etcd) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.options.ttl = milliseconds(60000);
  a.start().await("acquired");
  reader r;
  r.follow(a.session);
  r.await(loop, "current");
  cr_assert(r.changed_to(strings{"=a"}));
  etcd.kill();
  r.await(loop, "trouble");
  test::run_until(loop, [&] { return !r.directory.current(); });
  cr_assert(eq(type(std::string), r.directory.leader("").instance, std::string("a")),
            "as far as anybody knows");
  etcd.start();
  r.await(loop, "current", 2);
  cr_assert(r.changed_to(strings{"=a"}));
  cr_assert(not(a.term.token.cancelled()));
  // What it hears now is live again.
  etcd.etcdctl({"put", "app/s/leader/1", "somebody"});
  r.await(loop, "s=somebody");
  a.close_and_wait();
  cr_assert(not(r.directory.current()));
  cr_assert(zero(sz, r.directory.size()));
  cr_assert(zero(int, loop.close()));
}

Test(directory, comes_to_the_truth_when_etcd_is_restored_from_a_backup) {
  test::etcd etcd;
  test::loop loop;
  etcd.etcdctl({"put", "app/a/leader/1", "old"});
  const std::string snapshot = etcd.data_dir() + ".snapshot";
  follower f;
  f.start(loop, etcd);
  f.await(loop, "current");
  etcd.etcdctl({"snapshot", "save", snapshot});
  // All after the read, and heard, and then never happened.
  etcd.etcdctl({"put", "app/b/leader/1", "new"});
  etcd.etcdctl({"del", "app/a/leader/1"});
  f.await(loop, "a=-");
  etcd.restore(snapshot);
  f.await(loop, "current", 2);
  cr_assert(f.changed_to(strings{"a=old", "b=new", "a=-", "a=old", "b=-"}));
  etcd.etcdctl({"put", "app/c/leader/1", "newer"});
  f.await(loop, "c=newer");
  f.close(loop);
  cr_assert(zero(int, loop.close()));
}

Test(directory, several_of_a_session_share_one_read_and_each_comes_and_goes_alone) {
  test::etcd etcd;
  test::loop loop;
  for (int i = 0; i < 150; ++i)
    etcd.etcdctl({"put", "app/s" + std::to_string(i) + "/leader/1", "one"});
  session shared;
  test::ok(shared.open(loop, options_of(etcd, "follower")));
  reader first;
  reader second;
  first.follow(shared);
  first.await(loop, "current");
  const auto requests = shared.stats().requests;
  second.follow(shared);
  cr_assert(not(second.directory.current()));
  // While it is being told of all, something changes.
  etcd.etcdctl({"del", "app/s99/leader/1"});
  second.await(loop, "current");
  first.await(loop, "s99=-");
  cr_assert(eq(ullong, shared.stats().requests, +requests));
  cr_assert(eq(sz, second.directory.size(), 149));
  etcd.etcdctl({"put", "app/new/leader/1", "one"});
  first.await(loop, "new=one");
  second.await(loop, "new=one");
  cr_assert(eq(llong, second.count("current"), 1));
  cr_assert(eq(llong, second.count("s99=one"), second.count("s99=-")),
            "both or none: it is told what it was not told");
  cr_assert(eq(llong, static_cast<long long>(second.told.size()),
               149 + 1 + 1 + 2 * second.count("s99=-")));
  first.directory.close([&] { first.closed = true; });
  test::run_until(loop, [&] { return first.closed; });
  const std::size_t told = first.told.size();
  etcd.etcdctl({"del", "app/new/leader/1"});
  second.await(loop, "new=-");
  cr_assert(eq(sz, first.told.size(), +told));
  // The last one goes, and another begins anew.
  second.directory.close();
  reader third;
  third.follow(shared);
  third.await(loop, "current");
  cr_assert(eq(sz, third.told.size(), 150));
  bool closed = false;
  shared.close([&] { closed = true; });
  test::run_until(loop, [&] { return closed; });
  cr_assert(zero(int, loop.close()));
}

Test(directory, may_be_closed_destroyed_and_begun_again_in_its_callbacks) {
  test::etcd etcd;
  test::loop loop;
  for (const char* shard : {"a", "b", "c"})
    etcd.etcdctl({"put", std::string("app/") + shard + "/leader/1", "one"});
  session s;
  test::ok(s.open(loop, options_of(etcd, "follower")));

  int told = 0;
  bool closed = false;
  directory closing;
  directory_events e;
  e.leader = [&](const std::string&, const leader_info&) {
    ++told;
    cr_assert(closing.close([&] { closed = true; }));
    cr_assert(not(closing.close()));
    cr_assert(zero(sz, closing.size()));
  };
  e.current = [] { cr_assert(false, "it was closed"); };
  test::ok(closing.follow(s, e));
  test::run_until(loop, [&] { return closed; });
  cr_assert(eq(int, told, 1));

  auto destroyed = std::make_unique<directory>();
  bool current = false;
  e = {};
  e.current = [&] {
    int seen = 0;
    // In the middle of a look at all, too.
    destroyed->for_each([&](const std::string&, const leader_info& who) {
      cr_assert(ne(i64, +who.fencing_token, 0));
      ++seen;
      destroyed.reset();
    });
    cr_assert(eq(int, seen, 3));
    current = true;
  };
  test::ok(destroyed->follow(s, e));
  test::run_until(loop, [&] { return current; });

  directory again;
  int rounds = 0;
  bool all_closed = false;
  directory_events f;
  f.current = [&] {
    if (++rounds < 3) {
      cr_assert(again.close());
      test::ok(again.follow(s, f));
    } else {
      s.close([&] { all_closed = true; });
      cr_assert(not(again.current()));
    }
  };
  test::ok(again.follow(s, f));
  cr_assert(
      eq(int, static_cast<int>(again.follow(s, {}).code), static_cast<int>(errc::wrong_state)));
  test::run_until(loop, [&] { return all_closed; });
  cr_assert(eq(int, rounds, 3));
  cr_assert(eq(int, static_cast<int>(again.follow(s, {}).code), static_cast<int>(errc::closed)));
  cr_assert(zero(int, loop.close()));
}
