// How long the user's loop is kept in one turn: a thousand elections that start, are led, and are
// handed on, and a session of ten thousand that is lost.
#include <cstdio>
#include <memory>

#include "test/bench/processor.hpp"
#include "test/bench/world.hpp"
#include "test/support/tls_etcd.hpp"
#include "test/support/wait.hpp"

namespace bench {

namespace {

struct told {
  std::size_t turns = 0;
  double median = 0;
  double p99 = 0;
  double p999 = 0;
  double worst = 0;
};

told hear_turns(subject& s, const std::string& word) {
  told t;
  const std::string line = s.hear_line(word);
  if (std::sscanf(line.c_str(), "%zu %lf %lf %lf %lf", &t.turns, &t.median, &t.p99, &t.p999,
                  &t.worst) != 5)
    fail("bad answer: " + line);
  return t;
}

void add(world& w, const std::string& what, subject& s, double limit_us,
         const std::string& limited) {
  s.say("told");
  const told wall = hear_turns(s, "wall");
  const told cpu = hear_turns(s, "cpu");
  w.out.add({what + ": p99.9 of " + std::to_string(wall.turns) + " turns", "us", wall.p999,
             "on a processor", cpu.p999, limited == "p99.9" ? limit_us : 0});
  w.out.add({what + ": worst", "us", wall.worst, "on a processor", cpu.worst,
             limited == "worst" ? limit_us : 0});
}

// From the very start: standing, leading, waiting, taking over.
void thousand(world& w, const own_processor& processor, const std::string& name,
              const std::vector<std::string>& first, const std::vector<std::string>& second,
              double limit_us) {
  subject a(first);
  processor.take(a.pid());
  a.say("turns");
  (void)a.hear("leading");
  subject b(second);
  (void)b.hear("queued");
  rest_ms(w.seconds * 500);
  for (int i = 0; i < 3; ++i) {
    a.say("resign");
    (void)b.hear("leading");
    (void)a.hear("resigned");
    a.say("again");
    (void)a.hear("queued");
    b.say("resign");
    (void)a.hear("leading");
    (void)b.hear("resigned");
    b.say("again");
    (void)b.hear("queued");
    rest_ms(w.seconds * 30);
  }
  add(w, name, a, limit_us, "p99.9");
}

}  // namespace

void stall(world& w) {
  w.out.section(
      "how long a turn of the user's loop is, 1,000 elections: start, steady state, six handovers "
      "of all");
  const own_processor processor(w.etcd.member().pid());
  const std::string app = w.new_app("stall");
  thousand(w, processor, "without TLS", w.contender(app, "a", 1000), w.contender(app, "b", 1000),
           200);
  const tenure::test::tls_etcd secured;
  const auto over_tls = [&](const std::string& name) {
    return role("contend", {secured.endpoint(), "stall", name, "1000", "10", secured.file("")});
  };
  thousand(w, processor, "with TLS", over_tls("a"), over_tls("b"), 1000);
}

void losing(world& w) {
  w.out.section("losing a session with 10,000 elections: the longest turn");
  const own_processor processor(w.etcd.member().pid());
  const auto start = [&](const std::string& app) {
    auto s = std::make_unique<subject>(w.contender(app, "a", 10000));
    processor.take(s->pid());
    (void)s->hear("leading");
    rest_ms(300);
    s->say("turns");
    rest_ms(200);
    return s;
  };
  {
    const std::string app = w.new_app("losing");
    const auto s = start(app);
    connection to(w.port);
    const std::string leases = to.post("/v3/lease/leases", "{}");
    for (std::size_t at = 0; (at = leases.find("\"ID\":\"", at)) != std::string::npos; ++at) {
      (void)to.post("/v3/lease/revoke",
                    "{\"ID\":\"" + std::to_string(std::atoll(leases.c_str() + at + 6)) + "\"}");
    }
    (void)s->hear("lost");
    (void)s->hear("leading");
    add(w, "the lease is revoked, up to leading again", *s, 1000, "worst");
  }
  {
    const auto s = start(w.new_app("losing"));
    w.etcd.stop();
    (void)s->hear("lost");
    add(w, "etcd is silent until the deadline", *s, 1000, "worst");
    w.etcd.cont();
    w.etcd.await_healthy();
  }
  {
    const auto s = start(w.new_app("losing"));
    s->say("resign");
    (void)s->hear("resigned");
    add(w, "all are resigned", *s, 1000, "worst");
    s->say("close");
    (void)s->hear("closed");
  }
}

}  // namespace bench
