// What leaderships cost that nothing happens to, at TTL 10: processor, memory, threads, sockets, and etcd's work.
#include <algorithm>
#include <cstdlib>

#include "test/bench/world.hpp"

namespace bench {

namespace {

// Messages that etcd's gRPC services received (its gateway sends one a request) and sent.
struct messages {
  double received = 0;
  double sent = 0;
};

messages count_messages(const world& w) {
  connection to(w.port);
  const std::string text = to.get("/metrics");
  messages m;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string_view line(text.data() + at, end - at);
    const double value = std::atof(text.c_str() + text.rfind(' ', end));
    if (line.rfind("grpc_server_msg_received_total{", 0) == 0) m.received += value;
    if (line.rfind("grpc_server_msg_sent_total{", 0) == 0) m.sent += value;
  }
  return m;
}

std::string joined(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

struct state {
  double cpu_a_minute = 0;
  usage last;
  double received_a_second = 0;
  double sent_a_second = 0;
};

state watch_it(const world& w, pid_t pid) {
  rest_ms(std::min(5000, w.seconds * 500));  // starting up is over
  const usage before = look_at(pid);
  const messages then = count_messages(w);
  const std::int64_t from = now_ns();
  rest_ms(w.seconds * 1000);
  const double passed = static_cast<double>(now_ns() - from) / 1e9;
  const messages now = count_messages(w);
  state t;
  t.last = look_at(pid);
  t.cpu_a_minute = (t.last.cpu_s - before.cpu_s) / passed * 60;
  t.received_a_second = (now.received - then.received) / passed;
  t.sent_a_second = (now.sent - then.sent) / passed;
  return t;
}

}  // namespace

void steady(world& w) {
  w.out.section("steady state at TTL 10, over " + std::to_string(w.seconds) + " s");
  state nothing;
  state one;
  state thousand;
  state peer;
  {
    subject s(role("idle", {}));
    (void)s.hear("leading");
    nothing = watch_it(w, s.pid());
  }
  {
    subject s(w.contender(w.new_app("steady"), "a", 1));
    (void)s.hear("leading");
    one = watch_it(w, s.pid());
  }
  {
    subject s(w.contender(w.new_app("steady"), "a", 1000));
    (void)s.hear("leading");
    thousand = watch_it(w, s.pid());
  }
  {
    tenure::test::process s = w.etcd.etcdctl_process({"elect", "steady", "x"});
    (void)s.next_line();
    peer = watch_it(w, s.pid());
  }
  const std::string beside = "libcurl, libuv alone";
  const double a_mib = 1024;
  w.out.add({"1 leadership: CPU seconds a minute", "s", one.cpu_a_minute, "etcdctl elect", peer.cpu_a_minute, 0.018});
  w.out.add({"1 leadership: resident", "MiB", one.last.resident_kib / a_mib, beside, nothing.last.resident_kib / a_mib, 12});
  w.out.add({"1 leadership: of that private", "MiB", one.last.private_kib / a_mib, beside, nothing.last.private_kib / a_mib, 2.5});
  w.out.add({"1 leadership: threads", "", static_cast<double>(one.last.threads.size()), beside,
             static_cast<double>(nothing.last.threads.size()), 1});
  w.out.add({"1 leadership: connections", "", static_cast<double>(one.last.connections), "", 0, 4});
  w.out.add({"1 leadership: requests to etcd a second", "", one.received_a_second, "", 0});
  w.out.add({"1,000 leaderships: CPU seconds a minute", "s", thousand.cpu_a_minute, "", 0, 0.10});
  w.out.add({"1,000 leaderships: resident", "MiB", thousand.last.resident_kib / a_mib, "", 0});
  w.out.add({"1,000 leaderships: private, each further election", "KiB",
             (thousand.last.private_kib - one.last.private_kib) / 999, "", 0, 1});
  w.out.add({"1,000 leaderships: threads", "", static_cast<double>(thousand.last.threads.size()), "", 0, 1});
  w.out.add({"1,000 leaderships: connections", "", static_cast<double>(thousand.last.connections), "", 0, 4});
  w.out.add({"1,000 leaderships: requests to etcd a second", "", thousand.received_a_second, "", 0, 10});
  w.out.add({"1,000 leaderships: the same and etcd's answers", "", thousand.received_a_second + thousand.sent_a_second, "", 0});
  w.out.add({"etcdctl elect, TTL 60, which confirms nothing: resident", "MiB", peer.last.resident_kib / a_mib, "", 0});
  w.out.add({"etcdctl elect: threads", "", static_cast<double>(peer.last.threads.size()), "", 0});
  w.out.note("threads: " + joined(thousand.last.threads));
}

}  // namespace bench
