// Closing from anywhere leaves nothing: no callback, no handle, no descriptor, no key.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/testing.hpp"
#include "test/support/etcd.hpp"
#include "test/support/instance.hpp"
#include "test/support/scripted_server.hpp"

using namespace tenure;
using test::instance;

namespace {

enum class how { session, candidate, destroy_session, destroy_candidate, destroy_both };

// What is done from within the callback of `event`.
void end(instance& i, how way, bool& closed) {
  switch (way) {
    case how::session: i.session.close([&] { closed = true; }); break;
    case how::candidate: i.candidate.close([&] { i.session.close([&] { closed = true; }); }); break;
    case how::destroy_session: i.session = session(); break;
    case how::destroy_candidate: i.candidate = candidate(); break;
    case how::destroy_both:
      i.candidate = candidate();
      i.session = session();
      break;
  }
}

}  // namespace

Test(closing, in_every_callback_in_every_way_leaves_nothing) {
  test::etcd etcd;
  test::ok(test::loop().close() == 0
               ? error()
               : error{errc::system, "a new loop does not close", 0});  // libuv's own, once
  for (const std::string event :
       {"granted", "campaigning", "acquired", "lost key_deleted", "position 1", "leader first",
        "resigned", "trouble unreachable"}) {
    for (const how way : {how::session, how::candidate, how::destroy_session,
                          how::destroy_candidate, how::destroy_both}) {
      std::size_t before = test::open_descriptors();
      test::loop loop;
      {
        const bool waits = event == "position 1" || event == "leader first";
        instance first(loop, "first", etcd.endpoints());
        if (waits) first.start().await("acquired");
        auto endpoints = etcd.endpoints();
        if (event == "trouble unreachable")
          endpoints = {"http://127.0.0.1:" + std::to_string(test::free_port())};
        auto i = std::make_unique<instance>(loop, "i", endpoints);
        bool closed = false;
        bool over = false;
        std::size_t told_then = 0;
        i->on_event = [&](const std::string& what) {
          if (over || what != event) return;
          over = true;
          told_then = i->told.size();
          end(*i, way, closed);
        };
        i->start();
        if (event == "lost key_deleted") {
          i->await("acquired");
          etcd.etcdctl({"del", i->term.key});
        }
        if (event == "resigned") {
          i->await("acquired");
          test::ok(i->candidate.resign(milliseconds(5000)));
          i->stop_work();
        }
        test::run_until(loop, [&] { return over; });
        if (way == how::session || way == how::candidate)
          test::run_until(loop, [&] { return closed; });
        if (way == how::destroy_both)
          cr_assert(eq(ullong, i->told.size(), told_then), "after %s", event.c_str());
        if (way == how::destroy_candidate) i->close_and_wait();
        if (way == how::destroy_session) i->candidate = candidate();
        first.close();
        i.reset();
        uv_run(loop, UV_RUN_DEFAULT);  // ends when nothing of ours is left
      }
      cr_assert(zero(int, loop.close()), "a handle is left after closing in %s", event.c_str());
      cr_assert(eq(ullong, test::open_descriptors(), before),
                "a descriptor is left after closing in %s", event.c_str());
      cr_assert(etcd.etcdctl({"get", "--prefix", "app/"}).empty(),
                "a key is left after closing in %s", event.c_str());
    }
  }
  cr_assert(etcd.etcdctl({"lease", "list"}).find("found 0 leases") != std::string::npos);
}

Test(closing, before_anything_was_sent_and_twice_is_fine) {
  test::loop loop;
  instance i(loop, "i", {"http://127.0.0.1:1"});
  test::ok(i.open());
  cr_assert(i.session.is_open());
  bool closed = false;
  cr_assert(i.session.close([&] { closed = true; }));
  cr_assert(not(i.session.is_open()));
  cr_assert(not(i.session.close([] {})));
  cr_assert(not(closed), "no callback from within a call");
  test::run_until(loop, [&] { return closed; });
  cr_assert(not(i.session.close([] {})));
  cr_assert(eq(type(std::string), name(i.stand().code), "closed"));
  test::ok(i.open());  // and again
  cr_assert(zero(int, (i.close_and_wait(), loop.close())));
}

Test(closing, with_etcd_frozen_takes_no_longer_than_grace_and_request_timeout) {
  test::etcd etcd;
  test::loop loop;
  instance i(loop, "i", etcd.endpoints());
  i.options.request_timeout = milliseconds(300);
  i.start().await("acquired");
  etcd.stop();
  i.close_and_wait();
  cr_assert(i.was_told("lost session_closed"));
  etcd.cont();
  cr_assert(zero(int, loop.close()));
}

Test(closing, tells_lost_before_closed_and_waits_for_the_work) {
  test::etcd etcd;
  test::loop loop;
  instance i(loop, "i", etcd.endpoints());
  i.options.ttl = milliseconds(60000);
  i.options.stop_grace = milliseconds(20000);
  i.stop_at_once = false;
  i.start().await("acquired");
  bool closed = false;
  bool resigned_closed = false;
  test::ok(i.candidate.resign(milliseconds(60000),
                              [&](const error& e) { resigned_closed = e.code == errc::closed; }));
  i.session.close([&] { closed = true; });
  cr_assert(i.term.token.cancelled());
  test::run_for(loop, 50);
  cr_assert(not(closed), "the work has not stopped yet");
  i.stop_work();
  test::run_until(loop, [&] { return closed; });
  cr_assert(resigned_closed);
  cr_assert(zero(int, loop.close()));
}

Test(closing, tells_the_end_of_a_leadership_whose_key_is_just_being_deleted) {
  test::etcd etcd;
  for (const bool whole_session : {false, true}) {
    test::loop loop;
    instance a(loop, "a", etcd.endpoints());
    a.start().await("acquired");
    test::ok(a.candidate.resign(milliseconds(5000)));
    a.stop_work();
    if (!whole_session) {
      bool closed = false;
      a.candidate.close([&] { closed = a.told.back() == "lost session_closed"; });
      test::run_until(loop, [&] { return closed; });
    }
    a.close_and_wait();
    cr_assert(eq(llong, a.count("lost session_closed") + a.count("resigned"), 1));
    cr_assert(zero(int, loop.close()));
  }
}

Test(closing, lets_the_token_live_on_cancelled) {
  test::etcd etcd;
  token kept;
  token child;
  subscription told;
  bool called = false;
  {
    test::loop loop;
    instance i(loop, "i", etcd.endpoints());
    i.start().await("acquired");
    kept = i.term.token;
    child = kept.child();
    told = child.on_cancel([&](reason why) { called = why == reason::session_closed; });
    i.close_and_wait();
    const subscription late = kept.on_cancel([](reason) { cr_fail("told after the close"); });
    test::run_for(loop, 20);
    cr_assert(zero(int, loop.close()));
  }
  cr_assert(called);
  for (const token& t : {kept, child, kept.child(), kept.child(milliseconds(1))}) {
    const subscription late = t.on_cancel([](reason) { cr_fail("told after the close"); });
  }
  cr_assert(kept.cancelled() && child.cancelled());
  cr_assert(eq(type(std::string), name(kept.why()), "session_closed"));
  cr_assert(zero(llong, kept.time_left().count()));
  cr_assert(kept.child().cancelled());
}

Test(closing, a_defect_found_in_tenure_ends_all_tokens_first_and_then_the_session) {
  test::etcd etcd;
  test::loop loop;
  instance i(loop, "i", etcd.endpoints());
  i.start().await("acquired");
  tenure::detail::switches().broken = "planted by a test";
  i.stop_work();  // whatever happens next
  cr_assert(i.term.token.cancelled());
  cr_assert(eq(type(std::string), name(i.term.token.why()), "internal"));
  cr_assert(not(i.session.is_open()));
  i.await("session lost system");
  i.await("lost session_closed");
  cr_assert(zero(int, loop.close()));
}

// A habit at shutdown. libuv would only say that an assertion of its own failed.
Test(closing, uv_walk_with_uv_close_on_a_sessions_handles_is_named_as_it_ends_the_program) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  int said[2];
  cr_assert(zero(int, pipe(&said[0])));
  const pid_t child = fork();
  if (child == 0) {
    dup2(said[1], STDERR_FILENO);
    uv_loop_fork(loop);
    session own;
    test::ok(own.open(loop, a.options));
    uv_walk(
        loop,
        [](uv_handle_t* h, void*) {
          if (uv_is_closing(h) == 0) uv_close(h, nullptr);
        },
        nullptr);
    own.close();
    _exit(0);
  }
  close(said[1]);
  std::string text(1000, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(said[0], &text[0], text.size()))));
  close(said[0]);
  int status = 0;
  (void)waitpid(child, &status, 0);
  const bool ended = WIFSIGNALED(status);
  cr_assert(ended);
  cr_assert(text.find("close the session first") != std::string::npos, "%s", text.c_str());
  a.close_and_wait();
  cr_assert(zero(int, loop.close()));
}

Test(closing, uv_walk_in_closed_finds_nothing_of_the_sessions) {
  test::etcd etcd;
  test::loop loop;
  instance a(loop, "a", etcd.endpoints());
  a.start().await("acquired");
  uv_timer_t own;
  uv_timer_init(loop, &own);
  uv_timer_start(
      &own, [](uv_timer_t*) {}, 1000, 1000);
  int found = 0;
  a.session.close([&] {
    uv_walk(
        loop,
        [](uv_handle_t* h, void* count) {
          if (uv_is_closing(h) != 0) return;
          ++*static_cast<int*>(count);
          uv_close(h, nullptr);
        },
        &found);
  });
  a.stop_work();
  cr_assert(zero(int, loop.close()));
  cr_assert(eq(int, +found, 1));
}
