// The command line and the environment of `tenure`: no password reaches a message, and what is
// accepted says the same when it is written out and read again.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <getopt.h>
#include <sys/mman.h>

#include "test/fuzz/require.hpp"
#include "test/fuzz/text.hpp"
#include "tools/tenure/number.hpp"
#include "tools/tenure/options.hpp"
#include "tools/tenure/text.hpp"

namespace {

// The command keeps a password as long as it lives, each in pages of its own. Here it lives for a
// moment, a million times.
void* the_page(void*, std::size_t size, int, int, int, int) {
  static char page[1u << 16];
  return size <= sizeof page ? page : MAP_FAILED;
}

// What it warns of would be all that is seen here.
std::FILE* nowhere() {
  static std::FILE* const the = std::fopen("/dev/null", "w");
  return the;
}

}  // namespace

#define mmap the_page
#define madvise(...) 0
#undef stderr
#define stderr nowhere()
#include "tools/tenure/connection.cc"  // NOLINT(bugprone-suspicious-include)
#undef stderr
#undef madvise
#undef mmap

namespace {

using namespace tenure;
using tool::parsed;
using tool::settings;
using tool::subcommand;

const std::string marker = "Zq7secret";

parsed read(subcommand which, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), which == subcommand::campaign ? "campaign" : "observe");
  std::vector<char*> argv;
  for (std::string& each : arguments) argv.push_back(each.data());
  argv.push_back(nullptr);
  return tool::parse(which, static_cast<int>(arguments.size()), argv.data());
}

void forget_environment() {
  for (const char* each : {"ENDPOINTS", "DISCOVERY_SRV", "DISCOVERY_SRV_NAME", "INSECURE_DISCOVERY",
                           "USER", "PASSWORD", "CACERT", "CERT", "KEY"})
    unsetenv((std::string("ETCDCTL_") + each).c_str());
}

void check_refusal(const error& e) {
  require(e.code == errc::invalid_argument && e.message.size() > 10);
  require(e.message.find(marker) == std::string::npos);
}

std::string number(milliseconds ms) { return std::to_string(ms.count()); }

// The command line that says the same.
std::vector<std::string> written_out(subcommand which, const settings& s) {
  std::vector<std::string> out;
  const auto say = [&](const char* name, const std::string& value) {
    if (!value.empty()) out.push_back(std::string("--") + name + "=" + value);
  };
  const auto perhaps = [&](const char* name, const std::optional<milliseconds>& value) {
    if (value) say(name, number(*value));
  };
  for (const std::string& each : s.session.endpoints) say("endpoints", each);
  say("discovery-srv", s.session.discovery_srv);
  say("discovery-srv-name", s.session.discovery_srv_name);
  if (s.session.insecure_discovery) out.emplace_back("--insecure-discovery");
  say("app", s.session.app);
  say("instance", s.session.instance);
  for (const std::string& each : s.shards) say("shard", each);
  say("format", s.format == tool::output_format::json ? "json" : "text");
  say("retry-delay", number(s.session.retry_delay));
  perhaps("request-timeout", s.session.request_timeout);
  say("user", s.session.auth.user);
  say("cacert", s.session.tls.ca_file);
  say("cert", s.session.tls.cert_file);
  say("key", s.session.tls.key_file);
  say("server-name", s.session.tls.server_name);
  say("cert-warn-days", std::to_string(s.session.tls.warn_days));
  if (s.session.tls.min_version == tls_version::tls_1_3) say("tls-min-version", "1.3");
  if (s.session.tls.key_log) out.emplace_back("--tls-key-log");
  constexpr const char* levels[] = {"debug", "info", "warning", "error"};
  for (const char* each : levels) {
    parsed one = read(
        which, {std::string("--log=") + each, "--app=x", "--instance=x", "--endpoints=http://x"});
    if (s.log && one.chosen.log == s.log) say("log", each);
  }
  if (s.all) out.emplace_back("--all");
  if (which == subcommand::observe) return out;
  say("ttl", std::to_string(s.session.ttl.count() / 1000));
  perhaps("reassure-interval", s.session.reassure_interval);
  say("last-seen-interval", number(s.session.last_seen_interval));
  perhaps("reassure-timeout", s.session.reassure_timeout);
  perhaps("stop-grace", s.session.stop_grace);
  perhaps("margin", s.session.margin);
  perhaps("jeopardy-after", s.session.jeopardy_after);
  say("resign-limit", number(s.resign_limit));
  say("stop-work-ms", number(s.stop_work));
  if (s.once) out.emplace_back("--once");
  return out;
}

bool same(const settings& a, const settings& b) {
  const session_options& x = a.session;
  const session_options& y = b.session;
  return x.endpoints == y.endpoints && x.app == y.app && x.instance == y.instance &&
         x.ttl == y.ttl && x.reassure_interval == y.reassure_interval &&
         x.reassure_timeout == y.reassure_timeout && x.last_seen_interval == y.last_seen_interval &&
         x.stop_grace == y.stop_grace && x.margin == y.margin &&
         x.jeopardy_after == y.jeopardy_after && x.retry_delay == y.retry_delay &&
         x.request_timeout == y.request_timeout && x.auth.user == y.auth.user &&
         x.tls.ca_file == y.tls.ca_file && x.tls.cert_file == y.tls.cert_file &&
         x.tls.key_file == y.tls.key_file && x.tls.server_name == y.tls.server_name &&
         x.tls.min_version == y.tls.min_version && x.tls.key_log == y.tls.key_log &&
         x.tls.warn_days == y.tls.warn_days && a.shards == b.shards && a.all == b.all &&
         a.format == b.format && a.log == b.log && a.once == b.once &&
         a.resign_limit == b.resign_limit && a.stop_work == b.stop_work;
}

void check_accepted(subcommand which, const settings& s) {
  require(!s.session.endpoints.empty() && !s.session.app.empty() && !s.session.instance.empty());
  for (const std::string& each : s.session.endpoints)
    require(each.find("://") != std::string::npos && each.find(',') == std::string::npos);
  require(s.all == s.shards.empty());
  // Where there is a password nobody asks for it twice, so the second reading has it, too.
  if (!s.session.auth.user.empty()) setenv("ETCDCTL_PASSWORD", marker.c_str(), 1);
  if (s.session.auth.ask_password) require(!s.session.auth.ask_password().empty());
  const bool unnamed = s.shards.size() == 1 && s.shards[0].empty();
  settings wanted = s;
  // A user of the variable may have a colon, of a flag not.
  if (s.session.auth.user.find(':') != std::string::npos) wanted.session.auth.user.clear();
  for (const char* each :
       {"ETCDCTL_ENDPOINTS", "ETCDCTL_USER", "ETCDCTL_CACERT", "ETCDCTL_CERT", "ETCDCTL_KEY"})
    unsetenv(each);
  parsed again = read(which, written_out(which, wanted));
  require(!again.problem && !again.help);
  require(unnamed || again.chosen.shards == s.shards);
  require(same(again.chosen, wanted));
}

// Where a password may stand, rightly or not.
void hide_a_password(unsigned where, std::vector<std::string>& arguments) {
  switch (where % 10) {
    case 1: setenv("ETCDCTL_PASSWORD", marker.c_str(), 1); break;
    case 2: setenv("ETCDCTL_USER", ("root:" + marker).c_str(), 1); break;
    case 3: arguments.push_back("--user=root:" + marker); break;
    case 4: arguments.push_back("--password=" + marker); break;
    case 5: arguments.insert(arguments.end(), {"--passw", marker}); break;
    case 6: arguments.push_back(marker); break;
    case 7: arguments.push_back("--tls-key-log=" + marker); break;
    case 8: setenv("ETCDCTL_ENDPOINTS", ("http://u:" + marker + "@h,,").c_str(), 1); break;
    case 9: arguments.push_back("--pwd=" + marker); break;
    default: break;
  }
}

void try_texts(const std::string& text) {
  const std::string clean = tool::valid_utf8(text);
  require(tool::valid_utf8(clean) == clean);
  const std::string word = tool::one_word(text);
  require(!word.empty() && fuzz::can_be_shown(word));
  require(word.front() == '"' ? word.back() == '"' && word.size() > 1
                              : word == text && fuzz::is_ascii_word(word));
  std::int64_t read = 0;
  const tool::number_kind any{"things", 0, INT64_MAX};
  const error e = tool::read_number("things", text, any, read);
  if (e) return check_refusal(e);
  std::int64_t again = 0;
  require(!tool::read_number("things", std::to_string(read), any, again) && again == read);
  require(text.find_first_not_of("0123456789") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  if (all.find(marker) != std::string_view::npos) return 0;  // the fuzzer reads what is compared
  fuzz::bytes from(data, size);
  forget_environment();
  const subcommand which = from.byte() % 2 != 0 ? subcommand::observe : subcommand::campaign;
  const unsigned kind = from.byte();
  std::vector<std::string> arguments;
  hide_a_password(from.byte(), arguments);
  const auto perhaps = [&](unsigned bit, const char* variable) {
    if ((kind >> bit & 1U) == 0) return;
    std::string value = from.line();
    value.resize(std::min(value.size(), value.find('\0')));
    setenv(variable, value.c_str(), 0);
  };
  perhaps(0, "ETCDCTL_ENDPOINTS");
  perhaps(1, "ETCDCTL_USER");
  perhaps(2, "ETCDCTL_CACERT");
  perhaps(3, "ETCDCTL_CERT");
  perhaps(4, "ETCDCTL_KEY");
  while (!from.empty()) {
    std::string line = from.line();
    try_texts(line);
    line.resize(std::min(line.size(), line.find('\0')));
    arguments.push_back(std::move(line));
  }
  parsed result = read(which, arguments);
  if (result.help) return 0;
  if (result.problem) {
    check_refusal(result.problem);
  } else {
    check_accepted(which, result.chosen);
  }
  return 0;
}
