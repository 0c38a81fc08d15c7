// Closing from inside the rarer callbacks: of the session, of tokens, of a resignation, of those
// who only look on.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include <functional>
#include <memory>

#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/scripted_server.hpp"

using namespace tenure;
using test::instance;

namespace {

enum class how { session, candidate, destroy_session, destroy_candidate, destroy_both };

// One leader that ends, in one way and once, from within the callback that is looked at.
struct subject {
  subject(test::loop& on, const test::etcd& at, how in_this_way)
      : loop(on), etcd(at), way(in_this_way) {
    i = std::make_unique<instance>(on, "i", at.endpoints());
    i->options.ttl = milliseconds(2000);
    i->options.stop_grace = milliseconds(100);
  }

  // From within the callback.
  void end() {
    if (over) return;
    over = true;
    switch (way) {
      case how::session: i->session.close(); break;
      case how::candidate: i->candidate.close(); break;
      case how::destroy_session: i->session = session(); break;
      case how::destroy_candidate: i->candidate = candidate(); break;
      case how::destroy_both:
        i->candidate = candidate();
        i->session = session();
        break;
    }
  }
  void end_at(const std::string& record) {
    i->on_event = [this, record](const std::string& what) {
      if (what == record) end();
    };
  }
  void lead() { i->start().await("acquired"); }

  test::loop& loop;
  const test::etcd& etcd;
  how way;
  std::unique_ptr<instance> i;
  bool over = false;
  subscription told;
  tenure::observer observer;
  tenure::directory directory;
};

struct callback {
  const char* name;
  std::function<void(subject&)> provoke;
};

const callback callbacks[] = {
    {"session_events::lost",
     [](subject& s) {
       s.end_at("session lost lease_gone");
       s.lead();
       char lease[20];
       std::snprintf(lease, sizeof lease, "%llx", static_cast<unsigned long long>(s.i->lease));
       s.etcd.etcdctl({"lease", "revoke", lease});
     }},
    // Shorter than the time between two renewals: in jeopardy before each, and safe after it.
    {"session_events::jeopardy",
     [](subject& s) {
       s.i->options.jeopardy_after = milliseconds(100);
       s.end_at("jeopardy");
       s.i->start();
     }},
    {"session_events::safe",
     [](subject& s) {
       s.i->options.jeopardy_after = milliseconds(100);
       s.end_at("safe");
       s.i->start();
     }},
    {"session_events::stalled",
     [](subject& s) {
       s.end_at("stalled");
       s.lead();
       usleep(1500000);  // the loop stands still
     }},
    {"log_hook",
     [](subject& s) {
       s.i->options.log = [&s](const log_record& r) {
         if (r.event == "acquired") s.end();  // before the user is told
       };
       s.i->start();
     }},
    {"token::on_cancel",
     [](subject& s) {
       s.lead();
       s.told = s.i->term.token.on_cancel([&s](reason) { s.end(); });
       test::ok(s.i->candidate.resign(milliseconds(5000)));
     }},
    {"on_cancel of a child whose limit passes",
     [](subject& s) {
       s.lead();
       s.told = s.i->term.token.child(milliseconds(10)).on_cancel([&s](reason) { s.end(); });
     }},
    {"resign, done",
     [](subject& s) {
       s.lead();
       test::ok(s.i->candidate.resign(milliseconds(5000), [&s](const error&) { s.end(); }));
       s.i->stop_work();
     }},
    {"resign, timed out",
     [](subject& s) {
       s.lead();
       test::ok(s.i->candidate.resign(milliseconds(1), [&s](const error& e) {
         if (e.code == errc::timed_out) s.end();
       }));
     }},
    {"observer_events::leader",
     [](subject& s) {
       s.lead();
       observer_events on;
       on.leader = [&s](const leader_info&) { s.end(); };
       test::ok(s.observer.follow(s.i->session, "", std::move(on)));
     }},
    {"directory_events::leader",
     [](subject& s) {
       s.lead();
       directory_events on;
       on.leader = [&s](const std::string&, const leader_info&) { s.end(); };
       test::ok(s.directory.follow(s.i->session, std::move(on)));
     }},
    {"directory_events::current",
     [](subject& s) {
       s.lead();
       directory_events on;
       on.current = [&s] { s.end(); };
       test::ok(s.directory.follow(s.i->session, std::move(on)));
     }},
    {"the candidate's closed",
     [](subject& s) {
       s.lead();
       s.i->candidate.close([&s] { s.end(); });
       s.i->stop_work();
     }},
    {"the session's closed",
     [](subject& s) {
       s.lead();
       s.i->session.close([&s] { s.end(); });
       s.i->stop_work();
     }},
};

}  // namespace

Test(closing_callbacks, leave_nothing_whatever_is_closed_or_destroyed_in_them) {
  test::etcd etcd;
  test::ok(test::loop().close() == 0
               ? error()
               : error{errc::system, "a new loop does not close", 0});  // libuv's own, once
  for (const callback& each : callbacks) {
    for (const how way : {how::session, how::candidate, how::destroy_session,
                          how::destroy_candidate, how::destroy_both}) {
      const std::size_t before = test::open_descriptors();
      test::loop loop;
      {
        subject s(loop, etcd, way);
        each.provoke(s);
        test::run_until(loop, [&] { return s.over; });
        s.observer.close();
        s.directory.close();
        s.i->close_and_wait();
      }
      cr_assert(zero(int, loop.close()), "a handle is left after closing in %s", each.name);
      cr_assert(eq(ullong, test::open_descriptors(), before),
                "a descriptor is left after closing in %s", each.name);
      cr_assert(etcd.etcdctl({"get", "--prefix", "app/"}).empty(),
                "a key is left after closing in %s", each.name);
    }
  }
  cr_assert(etcd.etcdctl({"lease", "list"}).find("found 0 leases") != std::string::npos);
}
