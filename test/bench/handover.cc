// A leader is told to resign, its work has stopped: when is the next one, in another process, told
// that it leads?
#include <csignal>
#include <memory>

#include "test/bench/world.hpp"
#include "test/support/wait.hpp"

namespace bench {

namespace {

// Both stand in one election and take turns.
class pair {
 public:
  explicit pair(const world& w) : app_(w.new_app("pair")), a_(w.contender(app_, "a", 1)) {
    (void)a_.hear("leading");
    b_ = std::make_unique<subject>(w.contender(app_, "b", 1));
    (void)b_->hear("queued");
  }
  double once_us() {
    subject& from = a_leads_ ? a_ : *b_;
    subject& to = a_leads_ ? *b_ : a_;
    from.say("resign");
    const std::int64_t told = from.hear("resign");
    const std::int64_t leads = to.hear("leading");
    (void)from.hear("resigned");
    from.say("again");
    (void)from.hear("queued");
    a_leads_ = !a_leads_;
    return static_cast<double>(leads - told) / 1e3;
  }

 private:
  std::string app_;
  subject a_;
  std::unique_ptr<subject> b_;
  bool a_leads_ = true;
};

// The same with etcdctl: it resigns on SIGINT and ends, so each time another takes its place.
class etcdctls {
 public:
  explicit etcdctls(world& w) : w_(w), leader_(start()), next_(led(leader_)) {}
  double once_us() {
    await_queue(2);
    rest_ms(20);  // etcdctl asks for its place and then opens its watch
    const std::int64_t told = now_ns();
    leader_.signal(SIGINT);
    (void)next_.next_line();
    const std::int64_t leads = now_ns();
    leader_ = std::move(next_);
    next_ = start();
    return static_cast<double>(leads - told) / 1e3;
  }

 private:
  tenure::test::process led(tenure::test::process& first) {  // the next, once the first leads
    (void)first.next_line();
    return start();
  }
  tenure::test::process start() { return w_.etcd.etcdctl_process({"elect", "etcdctls", "x"}); }
  void await_queue(int count) const {
    connection to(w_.port);
    const std::string body = "{" + prefix_fields("etcdctls/") + R"(,"count_only":true})";
    tenure::test::await([&] {
      return to.post("/v3/kv/range", body).find("\"count\":\"" + std::to_string(count) + '"') !=
             std::string::npos;
    });
  }
  world& w_;
  tenure::test::process leader_;
  tenure::test::process next_;
};

}  // namespace

void handover(world& w) {
  w.out.section("handover on resign, from one process to another");
  floor_of_a_push floor(w.port);
  pair ours(w);
  etcdctls theirs(w);
  sample floor_us;
  sample ours_us;
  sample theirs_us;
  for (int i = 0; i < 2 * w.runs; ++i) {
    rest_ms(30);  // the new leader writes into its key what it is, 20 ms after
    floor_us.add(floor.once_us());
    ours_us.add(ours.once_us());
    if (i % 10 == 0) theirs_us.add(theirs.once_us());
  }
  const std::string beside = "floor";
  w.out.add({"resign called -> next one's acquired, median", "us", ours_us.median(), beside,
             floor_us.median(), 1.25, true});
  w.out.add({"the same, p99", "us", ours_us.p99(), beside, floor_us.p99(), 2, true});
  w.out.add({"etcdctl: SIGINT -> next one's line, median", "us", theirs_us.median(), beside,
             floor_us.median()});
  w.out.note("floor: one put committed and seen on an open watch, blocking sockets, " +
             std::to_string(floor_us.size()) + " times, in turn with the handovers; etcdctl " +
             std::to_string(theirs_us.size()) + " times");
}

}  // namespace bench
