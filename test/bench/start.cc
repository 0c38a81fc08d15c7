// From nothing to leading: one election from the start of its process, and a thousand elections in
// one process.
#include "test/bench/world.hpp"

namespace bench {

namespace {

double from_start_us(subject& s) {
  return static_cast<double>(s.hear("leading") - s.started_ns()) / 1e3;
}

// The shipped command; its line names the time at which the callback ran.
double command_us(const world& w) {
  const std::string self = own_path();
  const std::string command = self.substr(0, self.rfind("/test/")) + "/tenure";
  subject s({command, "campaign", "--format", "json", "--endpoints", w.endpoint, "--app",
             w.new_app("cold"), "--instance", "a"});
  const std::string begin = R"({"event":"acquired")";
  while (true) {
    const std::string line = s.any_line();
    if (line.compare(0, begin.size(), begin) != 0) continue;
    const std::size_t at = line.find("\"t_ns\":");
    if (at == std::string::npos) fail("no t_ns in " + line);
    return static_cast<double>(std::atoll(line.c_str() + at + 7) - s.started_ns()) / 1e3;
  }
}

// What a thousand stands cost without any library: a lease, then transactions with as many entries
// as tenure's.
double raw_thousand_ms(const world& w) {
  constexpr int elections = 1000;
  constexpr int together = 120;
  const std::int64_t from = now_ns();
  connection to(w.port);
  const std::string lease = std::to_string(from);
  (void)to.post("/v3/lease/grant", R"({"TTL":"10","ID":")" + lease + "\"}");
  for (int i = 0; i < elections;) {
    std::string body = R"({"success":[)";
    const char* separator = "";
    for (const int end = std::min(i + together, elections); i < end; ++i, separator = ",") {
      const std::string prefix = "rawraw/s" + std::to_string(10000 + i) + "/leader/";
      const std::string key = key_field(prefix + lease);
      body += separator + (R"({"request_txn":{"compare":[{"target":"CREATE",)" + key) +
              R"(,"create_revision":"0"}],"success":[{"request_put":{)" + key + R"(,"lease":")" +
              lease + R"("}},{"request_range":{)" + prefix_fields(prefix) + "}}]}}";
    }
    (void)to.post("/v3/kv/txn", body + "]}");
  }
  const std::int64_t until = now_ns();
  (void)to.post("/v3/lease/revoke", R"({"ID":")" + lease + "\"}");
  return static_cast<double>(until - from) / 1e6;
}

}  // namespace

void cold_start(world& w) {
  w.out.section("cold start: process started -> acquired, nobody else in the election");
  const std::string self = own_path();
  sample ours;
  sample linked;
  sample bare;
  sample theirs;
  for (int i = 0; i < w.share(50); ++i) {
    {
      subject floor(role("grant-and-stand", {w.endpoint}));
      linked.add(from_start_us(floor));
      floor.await_end();
    }
    ours.add(command_us(w));
    {
      subject floor({self + "-floor", w.endpoint});
      bare.add(from_start_us(floor));
      floor.await_end();
    }
    const std::int64_t from = now_ns();
    auto etcdctl = w.etcd.etcdctl_process({"elect", w.new_app("etcdctl-cold"), "x"});
    (void)etcdctl.next_line();
    theirs.add(static_cast<double>(now_ns() - from) / 1e3);
    etcdctl.kill();
  }
  w.out.add({"tenure campaign, median", "us", ours.median(), "grant+txn, libcurl", linked.median(),
             1.5, true});
  w.out.add({"the same, p99", "us", ours.p99(), "grant+txn, libcurl", linked.p99()});
  w.out.add(
      {"tenure campaign, median", "us", ours.median(), "grant+txn, no library", bare.median()});
  w.out.add(
      {"etcdctl elect, median", "us", theirs.median(), "grant+txn, libcurl", linked.median()});
  w.out.note(
      "floors: a process that grants a lease and runs one transaction on a fresh connection; once "
      "with the libraries");
  w.out.note(
      "that tenure needs (libcurl's blocking interface), once with nothing but sockets: the rest "
      "is loading libraries");
}

void startup(world& w) {
  w.out.section("1,000 uncontended elections acquired in one process");
  sample ours;
  sample floor;
  for (int i = 0; i < w.share(15); ++i) {
    floor.add(raw_thousand_ms(w));
    subject s(w.contender(w.new_app("startup"), "a", 1000));
    const std::int64_t from = s.hear("open");
    ours.add(static_cast<double>(s.hear("leading") - from) / 1e6);
    s.say("close");
    (void)s.hear("closed");
  }
  w.out.add({"session opened -> the last one acquired, median", "ms", ours.median(),
             "raw transactions", floor.median(), 100});
  w.out.add({"the same, p99", "ms", ours.p99(), "raw transactions", floor.p99()});
  w.out.add({"the same, worst", "ms", ours.worst(), "raw transactions", floor.worst()});
  w.out.note(ours.times());
}

}  // namespace bench
