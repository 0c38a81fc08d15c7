// All of a thousand leaderships go from one process to another that waits for them.
#include <algorithm>
#include <array>

#include "test/bench/world.hpp"

namespace bench {

namespace {

constexpr int elections = 1000;

// A thousand keys of one lease, and how long it takes until a watch has told of the last one's end.
class keys_that_end {
 public:
  explicit keys_that_end(std::uint16_t port)
      : to_{connection(port), connection(port)}, from_(port, "rawgone/") {}

  double by_deletes_ms() {
    put();
    const std::int64_t begun = now_ns();
    each_transaction(
        [](const std::string& key) { return R"({"request_delete_range":{)" + key + "}}"; });
    return ended_ms(begun);
  }
  double by_revoke_ms() {
    put();
    const std::int64_t begun = now_ns();
    to_[0].send("POST", "/v3/lease/revoke", R"({"ID":")" + lease_ + "\"}");
    ++sent_;
    return ended_ms(begun);
  }

 private:
  // tenure's, when it resigns: the operations of a transaction, and the transactions under way.
  static constexpr int together = 126;
  static constexpr int at_once = 2;

  void put() {
    lease_ = std::to_string(now_ns());
    (void)to_[0].post("/v3/lease/grant", R"({"TTL":"60","ID":")" + lease_ + "\"}");
    each_transaction([&](const std::string& key) {
      return R"({"request_put":{)" + key + R"(,"lease":")" + lease_ + R"("}})";
    });
    (void)ended_ms(0);
  }
  template <class Operation>
  void each_transaction(Operation operation) {
    for (int i = 0; i < elections; ++sent_) {
      std::string body = R"({"success":[)";
      const char* separator = "";
      for (const int end = std::min(i + together, elections); i < end; ++i, separator = ",") {
        body += separator +
                operation(key_field("rawgone/s" + std::to_string(10000 + i) + "/leader/" + lease_));
      }
      connection& to = to_[static_cast<std::size_t>(sent_ % at_once)];
      if (sent_ >= at_once) (void)to.receive();
      to.send("POST", "/v3/kv/txn", body + "]}");
    }
  }
  double ended_ms(std::int64_t begun) {
    from_.await_changes(elections);
    const std::int64_t until = now_ns();
    for (int i = std::max(0, sent_ - at_once); i < sent_; ++i)
      (void)to_[static_cast<std::size_t>(i % at_once)].receive();
    sent_ = 0;
    return static_cast<double>(until - begun) / 1e6;
  }

  std::array<connection, at_once> to_;
  watch from_;
  std::string lease_;
  int sent_ = 0;  // transactions, the last `at_once` of them unanswered
};

// Handovers of all thousand: one is complete when the last of them is acquired.
class handovers {
 public:
  double await_ms(subject& next, std::int64_t since) {
    ++begun_;
    const auto last = next.hear_in_time("leading");
    if (!last) fail("some of 1,000 leaderships were not handed over within a minute: " + told());
    ++complete_;
    return static_cast<double>(*last - since) / 1e6;
  }
  [[nodiscard]] std::string told() const {
    return "complete in " + std::to_string(complete_) + " of " + std::to_string(begun_) +
           " handovers begun";
  }

 private:
  int begun_ = 0;
  int complete_ = 0;
};

}  // namespace

void handed(world& w) {
  w.out.section("1,000 leaderships handed to one waiting process");
  keys_that_end floor(w.port);
  handovers all;
  sample resigned;
  sample deletes;
  sample closed;
  sample revokes;
  for (int i = 0; i < w.share(15); ++i) {
    deletes.add(floor.by_deletes_ms());
    const std::string app = w.new_app("handed");
    subject a(w.contender(app, "a", elections));
    (void)a.hear("leading");
    subject b(w.contender(app, "b", elections));
    (void)b.hear("queued");
    rest_ms(200);
    a.say("resign");
    resigned.add(all.await_ms(b, a.hear("resign")));
    (void)a.hear("resigned");
    a.say("again");
    (void)a.hear("queued");
    revokes.add(floor.by_revoke_ms());
    rest_ms(200);
    b.say("close");
    closed.add(all.await_ms(a, b.hear("close")));
    (void)b.hear("closed");
    a.say("close");
    (void)a.hear("closed");
  }
  const std::string by_deletes = "raw deletes";
  w.out.add({"each resigns -> the last one acquired, median", "ms", resigned.median(), by_deletes,
             deletes.median(), 120});
  w.out.add({"the same, p99", "ms", resigned.p99(), by_deletes, deletes.p99()});
  w.out.add({"the same, worst", "ms", resigned.worst(), by_deletes, deletes.worst()});
  const std::string by_revoke = "raw revoke";
  w.out.add({"session closes (one revoke) -> the last one, median", "ms", closed.median(),
             by_revoke, revokes.median(), 120});
  w.out.add({"the same, p99", "ms", closed.p99(), by_revoke, revokes.p99()});
  w.out.add({"the same, worst", "ms", closed.worst(), by_revoke, revokes.worst()});
  w.out.note(all.told());
  w.out.note(
      "floors: 1,000 keys deleted in transactions of 126, two at a time, or by one revoke of their "
      "lease: until an open");
  w.out.note("watch has told of the last one; " + resigned.times());
}

}  // namespace bench
