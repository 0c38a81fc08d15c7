#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <csignal>
#include <string>
#include <utility>

#include "test/support/process.hpp"
#include "test/support/wait.hpp"

using tenure::test::await;
using tenure::test::ending;
using tenure::test::process;

namespace {
process shell(const std::string& script) { return process({"sh", "-c", script}); }
}  // namespace

Test(process, gives_lines_as_they_come_and_then_none) {
  process child = shell("echo one; echo two; printf three");
  cr_assert(child.next_line() == "one");
  cr_assert(child.next_line() == "two");
  cr_assert(child.next_line() == "three");
  cr_assert_not(child.next_line().has_value());
}

Test(process, skips_to_the_line_that_is_asked_for_and_keeps_the_rest) {
  process child = shell("echo one; echo two; echo three; echo four");
  cr_assert(child.line_with("wo") == "two");
  cr_assert(child.rest() == "three\nfour\n");
}

Test(process, tells_no_line_from_half_a_line) {
  process child = shell("printf half; sleep 600");
  bool any = false;
  for (int i = 0; i < 10; ++i) any = any || child.poll_line().has_value();
  cr_assert_not(any);
}

Test(process, reports_exit_codes_and_signals) {
  cr_assert(shell("exit 7").wait() == (ending{7, 0}));
  process child = shell("echo up; exec sleep 600");
  child.line_with("up");
  cr_assert(child.running());
  child.signal(SIGTERM);
  cr_assert(child.wait() == (ending{-1, SIGTERM}));
  cr_assert_not(child.running());
}

Test(process, keeps_standard_error_apart) {
  process child = shell("echo out; echo err >&2");
  cr_assert(child.wait() == (ending{0, 0}));
  cr_assert(child.errors() == "err\n");
  cr_assert(child.rest() == "out\n");
}

Test(process, says_so_when_there_is_no_such_program) {
  process child({"/no/such/program"});
  cr_assert(child.wait() == (ending{127, 0}));
  cr_assert_not(child.errors().empty());
}

Test(process, adds_to_and_replaces_in_the_environment) {
  process child({"sh", "-c", "echo $ADDED $HOME"}, {"ADDED=yes", "HOME=/nowhere"});
  cr_assert(child.next_line() == "yes /nowhere");
}

Test(process, takes_its_own_children_with_it) {
  pid_t grandchild = 0;
  {
    process child = shell("sleep 600 & echo $!; wait");
    grandchild = static_cast<pid_t>(std::stol(*child.next_line()));
  }
  // Killed, and then reaped by whoever inherited it; a zombie's command line is empty.
  await([&] {
    process state({"sh", "-c", "cat /proc/" + std::to_string(grandchild) + "/cmdline 2>/dev/null"});
    return state.rest().empty();
  });
}

Test(process, can_be_moved) {
  process first = shell("echo first; exec sleep 600");
  process second = std::move(first);
  cr_assert(second.next_line() == "first");
  second = shell("echo second");
  cr_assert(second.next_line() == "second");
}
