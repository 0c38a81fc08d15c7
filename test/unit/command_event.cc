// How the command writes an event.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <unistd.h>

#include <string>

#include "tools/tenure/event_writer.hpp"

using namespace tenure;

namespace {

// The one line that is written for it.
std::string written(const tool::event& what) {
  int ends[2];
  cr_assert(zero(int, pipe(ends)));
  tool::settings chosen;
  chosen.format = tool::output_format::json;
  {
    tool::output to(ends[1], 1024);
    tool::event_writer(to, chosen, {}).write(what);
  }
  close(ends[1]);
  std::string line(4096, '\0');
  line.resize(static_cast<std::size_t>(read(ends[0], line.data(), line.size())));
  close(ends[0]);
  return line;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

Test(command_event, tells_an_errors_message_whatever_its_code) {
  const std::string full =
      written(tool::event("lost", "s").add({errc::lease_gone, "etcd says it is gone", 5}));
  cr_expect(has(full, R"("event":"lost")") && has(full, R"("message":"etcd says it is gone")"),
            "%s", full.c_str());
  cr_expect(has(full, R"("code":"lease_gone")") && has(full, R"("etcd_code":5)"), "%s",
            full.c_str());

  const std::string without_code =
      written(tool::event("lost").add({errc::ok, "seen by the watch", 0}));
  cr_expect(has(without_code, R"("message":"seen by the watch")"), "%s", without_code.c_str());
  cr_expect(not(has(without_code, R"("code")")), "%s", without_code.c_str());

  const std::string without_message = written(tool::event("lost").add({errc::timed_out, "", 0}));
  cr_expect(has(without_message, R"("code":"timed_out")"), "%s", without_message.c_str());
  cr_expect(not(has(without_message, R"("message")")), "%s", without_message.c_str());

  const std::string nothing = written(tool::event("lost").add(error{}));
  cr_expect(not(has(nothing, R"("message")") || has(nothing, R"("code")")), "%s", nothing.c_str());
}
