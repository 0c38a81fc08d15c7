// `tenure campaign` and those who read it. They may be slow, or stop reading. It must not wait for
// any of them.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "command_run.hpp"
#include "test/support/tls_etcd.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

constexpr std::size_t many = 1000;  // their events do not fit into a pipe

void expect_exit(command_run& run, int code) {
  ending how = run.child().wait();
  cr_assert(eq(int, how.exit_code, code), "%s", run.child().errors().c_str());
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

bool non_blocking(const process& child, int fd) {
  std::ifstream info("/proc/" + std::to_string(child.pid()) + "/fdinfo/" + std::to_string(fd));
  std::string word;
  while (info >> word && word != "flags:") {
  }
  if (!(info >> word)) give_up("no flags in fdinfo");
  return (std::stol(word, nullptr, 8) & O_NONBLOCK) != 0;
}

}  // namespace

Test(command_output, a_reader_that_has_stopped_holds_up_neither_the_campaign_nor_its_end) {
  etcd store;
  command_run run(campaign(store, "one", {"--shards", std::to_string(many)}));
  await([&store] { return queue(store, "app/").size() == many; });
  run.child().signal(SIGTERM);
  expect_exit(run, 1);  // what happened could not be told
  const std::string errors = run.child().errors();
  cr_assert(has(errors, "stdout cannot be written") && has(errors, "its reader does not read"),
            "%s", errors.c_str());
  cr_assert(queue(store, "app/").empty());
  // What fitted into the pipe are whole lines.
  cr_assert(gt(sz, run.rest().size(), 100));
}

Test(command_output, a_slow_reader_gets_every_line_and_those_who_share_its_pipe_are_let_be) {
  etcd store;
  command_run run(campaign(store, "one", {"--shards", std::to_string(many)}));
  await([&store] { return queue(store, "app/").size() == many; });
  cr_assert(not(non_blocking(run.child(), 1)),
            "others who write to the same pipe would be told EAGAIN");
  for (std::size_t i = 0; i < many; ++i) run.next("acquired");
  run.child().signal(SIGTERM);
  for (std::size_t i = 0; i < many; ++i) run.next("resigned");
  expect_exit(run, 0);
}

Test(command_output, more_than_is_kept_for_a_reader_stops_it_with_1) {
  etcd store;
  // Long names make long lines.
  std::vector<std::string> shards;
  for (char c = 'a'; c < 'a' + 20; ++c)
    shards.insert(shards.end(), {"--shard", std::string(255, c)});
  command_run run(campaign(store, std::string(255, 'i'), shards));
  await([&] {
    store.etcdctl({"del", "--prefix", "app/"});  // much to tell
    return !run.child().running();
  });
  expect_exit(run, 1);
  const std::string errors = run.child().errors();
  cr_assert(has(errors, "its reader does not read"), "%s", errors.c_str());
  cr_assert(queue(store, "app/").empty());
}

Test(command_output, a_log_that_nobody_reads_holds_up_nothing) {
  etcd store;
  const std::string fifo = store.data_dir() + "/log";
  cr_assert(eq(int, mkfifo(fifo.c_str(), 0600), 0));
  process shell({"sh", "-c",
                 "sleep 1000 <\"$1\" >/dev/null & exec \"$0\" campaign --endpoints " +
                     store.endpoint() +
                     " --app app --instance i --shards 1000 --log debug 2>\"$1\"",
                 built("tenure"), fifo});
  for (std::size_t i = 0; i < many; ++i) shell.line_with(" acquired ");
  shell.signal(SIGTERM);
  for (std::size_t i = 0; i < many; ++i) shell.line_with(" resigned ");
  ending how = shell.wait();
  cr_assert(eq(int, how.exit_code, 0));
}

Test(command_output, a_file_is_appended_to) {
  etcd store;
  const std::string path = store.data_dir() + "/events";
  std::ofstream(path) << "before\n";
  process shell(
      {"sh", "-c",
       "exec \"$0\" campaign --endpoints " + store.endpoint() + " --app app --instance i >>\"$1\"",
       built("tenure"), path});
  await([&path] { return has(file_text(path), " acquired "); });
  shell.signal(SIGTERM);
  ending how = shell.wait();
  cr_assert(eq(int, how.exit_code, 0));
  const std::string all = file_text(path);
  cr_assert(eq(sz, all.find("before\n"), 0));
  cr_assert(has(all, " resigned "));
}
