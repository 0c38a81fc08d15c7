// What leaderships cost that nothing happens to, at TTL 10: processor, memory, threads, sockets,
// and etcd's work.
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
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
       at = end + 1) {
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

// What its windows have shown.
struct state {
  sample cpu_a_minute;
  sample resident_mib;
  sample private_mib;
  sample received_a_second;
  sample all_messages_a_second;
  double connections = 0;            // the most
  std::vector<std::string> threads;  // of the window with the most
};

void watch_it(const world& w, pid_t pid, int ms, state& s) {
  rest_ms(std::min(3000, ms / 2));  // starting up is over
  const usage before = look_at(pid);
  const messages then = count_messages(w);
  const std::int64_t from = now_ns();
  rest_ms(ms);
  const double passed = static_cast<double>(now_ns() - from) / 1e9;
  const messages now = count_messages(w);
  const usage after = look_at(pid);
  constexpr double a_mib = 1024;
  s.cpu_a_minute.add((after.cpu_s - before.cpu_s) / passed * 60);
  s.resident_mib.add(after.resident_kib / a_mib);
  s.private_mib.add(after.private_kib / a_mib);
  s.received_a_second.add((now.received - then.received) / passed);
  s.all_messages_a_second.add((now.received - then.received + now.sent - then.sent) / passed);
  s.connections = std::max(s.connections, static_cast<double>(after.connections));
  if (after.threads.size() > s.threads.size()) s.threads = after.threads;
}

// Closed in order: keys left behind would expire in a later window.
void watch_and_close(const world& w, const std::vector<std::string>& argv, int ms, state& s) {
  subject process(argv);
  (void)process.hear("leading");
  watch_it(w, process.pid(), ms, s);
  process.say("close");
  (void)process.hear("closed");
}

// The median is judged, so that one noisy moment does not decide.
void add(world& w, const std::string& what, const std::string& unit, const sample& measured,
         const std::string& beside = "", const sample& reference = {}, double limit = 0) {
  w.out.add({what + ", median", unit, measured.median(), beside, reference.median(), limit});
  w.out.add({"the same, worst", unit, measured.worst(), beside, reference.worst()});
}

double number_of(const std::vector<std::string>& threads) {
  return static_cast<double>(threads.size());
}

// A name has to be looked up, which libuv does in its pool.
std::vector<std::string> threads_by_name(const world& w) {
  const std::string endpoint = "http://localhost:" + std::to_string(w.port);
  subject process(role("contend", {endpoint, w.new_app("steady"), "a", "1", "10"}));
  (void)process.hear("leading");
  std::vector<std::string> threads = look_at(process.pid()).threads;
  process.say("close");
  (void)process.hear("closed");
  return threads;
}

}  // namespace

void steady(world& w) {
  constexpr int rounds = 3;
  const int ms = w.seconds * 1000 / rounds;
  w.out.section("steady state at TTL 10, " + std::to_string(rounds) + " windows that share " +
                std::to_string(w.seconds) + " s");
  state nothing;
  state one;
  state thousand;
  state peer;
  state balanced;
  state unbalanced;
  sample each_further_kib;
  for (int round = 0; round < rounds; ++round) {
    {
      subject s(role("idle", {}));
      (void)s.hear("leading");
      watch_it(w, s.pid(), std::min(ms, 1000), nothing);  // only for its memory and threads
    }
    watch_and_close(w, w.contender(w.new_app("steady"), "a", 1), ms, one);
    watch_and_close(w, w.contender(w.new_app("steady"), "a", 1000), ms, thousand);
    each_further_kib.add((thousand.private_mib.last() - one.private_mib.last()) * 1024 / 999);
    // Half as long as what has a target: the whole takes long enough.
    for (state* s : {&balanced, &unbalanced}) {
      const std::string balance = s == &balanced ? "balance" : "no-balance";
      watch_and_close(w, role("jobs", {w.endpoint, w.new_app("jobs"), "a", "1000", balance}),
                      ms / 2, *s);
    }
    // A new election each time: in the old one the key that was left would still lead.
    tenure::test::process s = w.etcd.etcdctl_process({"elect", w.new_app("etcdctl-steady"), "x"});
    (void)s.next_line();
    watch_it(w, s.pid(), ms, peer);
  }
  const std::string beside = "libcurl, libuv alone";
  add(w, "1 leadership: CPU seconds a minute", "s", one.cpu_a_minute, "etcdctl elect",
      peer.cpu_a_minute, 0.018);
  add(w, "1 leadership: resident", "MiB", one.resident_mib, beside, nothing.resident_mib, 12);
  add(w, "1 leadership: of that private", "MiB", one.private_mib, beside, nothing.private_mib, 2.5);
  w.out.add(
      {"1 leadership: threads", "", number_of(one.threads), beside, number_of(nothing.threads), 1});
  w.out.add({"1 leadership: connections", "", one.connections, "", 0, 4});
  add(w, "1 leadership: requests to etcd a second", "", one.received_a_second);
  add(w, "1,000 leaderships: CPU seconds a minute", "s", thousand.cpu_a_minute, "", {}, 0.10);
  add(w, "1,000 leaderships: resident", "MiB", thousand.resident_mib);
  add(w, "1,000 leaderships: private, each further", "KiB", each_further_kib, "", {}, 1);
  w.out.add({"1,000 leaderships: threads", "", number_of(thousand.threads), "", 0, 1});
  w.out.add({"1,000 leaderships: connections", "", thousand.connections, "", 0, 4});
  add(w, "1,000 leaderships: requests to etcd a second", "", thousand.received_a_second, "", {},
      10);
  add(w, "1,000 leaderships: the same and answers", "", thousand.all_messages_a_second);
  const std::string plain = "1,000 leaderships";
  add(w, "1,000 jobs, balance: CPU seconds a minute", "s", balanced.cpu_a_minute, plain,
      thousand.cpu_a_minute);
  add(w, "1,000 jobs, no balance: CPU seconds a minute", "s", unbalanced.cpu_a_minute, plain,
      thousand.cpu_a_minute);
  add(w, "etcdctl elect (confirms nothing): resident", "MiB", peer.resident_mib);
  w.out.add({"etcdctl elect: threads", "", number_of(peer.threads), "", 0});
  w.out.note("threads: " + joined(thousand.threads));
  const std::vector<std::string> by_name = threads_by_name(w);
  w.out.note("threads of one with the endpoint localhost, a name to look up: " +
             std::to_string(by_name.size()) + ": " + joined(by_name));
}

}  // namespace bench
