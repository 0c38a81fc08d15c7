// Memory runs out within a call: the call fails, whichever allocation it was. The session stays
// open, and everything can still be closed.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenure/tenure.hpp"
#include "test/support/failing_memory.hpp"
#include "test/support/instance.hpp"

using namespace tenure;
using test::failing_memory;

namespace {

// Fails each allocation of `call` in turn, in a session of its own, until none is left to fail.
// `call` gets the session and says how it went.
void fail_each(const std::function<std::function<error()>(session&)>& prepare) {
  for (std::size_t n = 0;; ++n) {
    test::loop loop;
    bool failed = false;
    {
      session one;
      session_options options;
      options.endpoints = {"http://127.0.0.1:1"};  // nobody listens
      options.app = "app";
      options.instance = "one";
      test::ok(one.open(loop, options));
      bool closed = false;
      {
        const auto call = prepare(one);
        error how;
        {
          const failing_memory memory(n);
          how = call();
          failed = memory.failed();
        }
        cr_assert(one.is_open(), "allocation %zu closed the user's session", n);
        cr_assert(how.code == (failed ? errc::no_memory : errc::ok), "allocation %zu: %s", n,
                  name(how.code));
        uv_run(loop, UV_RUN_NOWAIT);
        cr_assert(one.is_open(), "allocation %zu closed the user's session later", n);
        // Once more, with enough memory: the call that failed has left nothing behind.
        if (failed) test::ok(call());
        cr_assert(one.close([&] { closed = true; }));
      }
      cr_assert(zero(int, loop.close()), "allocation %zu left a handle", n);
      cr_assert(closed, "allocation %zu: never closed", n);
    }
    if (!failed) {
      cr_assert(n > 0, "nothing was allocated");
      return;
    }
  }
}

job make(const std::string& name) {
  job one;
  one.name = name;
  one.start = [](const leadership&) { return error(); };
  one.stop = [](reason, const std::function<void()>& stopped) { stopped(); };
  return one;
}

}  // namespace

Test(no_memory, a_candidate_that_cannot_stand_leaves_the_session_open) {
  fail_each([](session& on) {
    return [&on, one = std::make_shared<candidate>()] { return one->stand(on, {}, {}); };
  });
}

Test(no_memory, an_observer_that_cannot_follow_leaves_the_session_open) {
  fail_each([](session& on) {
    return [&on, one = std::make_shared<observer>()] { return one->follow(on, "shard", {}); };
  });
}

Test(no_memory, a_directory_that_cannot_follow_leaves_the_session_open) {
  fail_each([](session& on) {
    return [&on, one = std::make_shared<directory>()] { return one->follow(on, {}); };
  });
}

Test(no_memory, a_job_runner_that_cannot_run_leaves_the_session_open) {
  fail_each([](session& on) {
    // Made before, as much as two calls need: what the caller allocates is not the call's.
    auto lists =
        std::make_shared<std::vector<std::vector<job>>>(2, std::vector<job>{make("a"), make("b")});
    return [&on, one = std::make_shared<job_runner>(), lists] {
      auto list = std::move(lists->back());
      lists->pop_back();
      return one->run(on, std::move(list));
    };
  });
}
