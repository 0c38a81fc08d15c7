// The demo leaves nothing behind when it is interrupted, whenever that is.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "test/support/process.hpp"
#include "test/support/tls_etcd.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;
namespace fs = std::filesystem;

namespace {

// Processes that were started with this in their environment, by whomever.
std::string started_with(const std::string& variable) {
  std::string found;
  for (const auto& each : fs::directory_iterator("/proc")) {
    if (each.path().filename().string().find_first_not_of("0123456789") != std::string::npos)
      continue;
    if (file_text(each.path() / "environ").find(variable) == std::string::npos) continue;
    found += file_text(each.path() / "cmdline") + '\n';
  }
  return found;
}

// Runs the demo until it says `line`, and interrupts it there.
void interrupt_at(const char* line, int number, int exit_code) {
  char directory[] = "/tmp/tenure-interrupted-XXXXXX";
  cr_assert(mkdtemp(directory) != nullptr);
  const std::string here = "TMPDIR=" + std::string(directory);
  std::string build = built("");
  build.pop_back();
  process demo({"tools/demo.sh"}, {here, "BUILD=" + build});
  demo.line_with(line);
  cr_assert(not(started_with(here).empty()), "this could not see a process that was left");
  demo.signal(number);
  ending how = demo.wait();
  cr_expect(eq(int, how.exit_code, exit_code), "%s: %s", line, demo.errors().c_str());
  const std::string left = started_with(here);
  cr_expect(left.empty(), "%s: still there: %s", line, left.c_str());
  cr_expect(fs::is_empty(directory), "%s: the temporary directory was left", line);
  fs::remove_all(directory);
}

}  // namespace

Test(command_demo, leaves_nothing_when_interrupted_before_etcd_is_up) {
  interrupt_at("One leader among three", SIGTERM, 143);
  interrupt_at("One leader among three", SIGINT, 130);
}

Test(command_demo, leaves_nothing_when_interrupted_with_its_instances_at_work) {
  interrupt_at("campaign for demo/leader", SIGHUP, 143);
  interrupt_at("A planned handover", SIGINT, 130);
}

Test(command_demo, leaves_nothing_when_interrupted_after_a_crash_with_a_guest) {
  interrupt_at("etcdctl joined the queue", SIGTERM, 143);
}
