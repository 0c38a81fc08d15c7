#include "options.hpp"

#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "connection.hpp"
#include "number.hpp"
#include "option_table.hpp"
#include "text.hpp"

namespace tenure::tool {
namespace {

// Times are only checked to be numbers here: their ranges are the library's to know.
constexpr number_kind seconds_kind{"seconds", 0, 1'000'000};
constexpr number_kind milliseconds_kind{"milliseconds", 0, 1'000'000'000};
constexpr number_kind days_kind{"days", 0, 3650};
constexpr number_kind shard_count_kind{"a number of elections", 1, 10'000};

error bad(std::string message) { return {errc::invalid_argument, std::move(message)}; }

class reader {
 public:
  explicit reader(subcommand which) : which_(which) {}

  parsed read(int argc, char** argv) {
    std::vector<option> table;
    for (const flag& row : flag_table) {
      if (!(row.commands & static_cast<unsigned>(which_))) continue;
      table.push_back({row.name, row.value ? required_argument : no_argument, nullptr,
                       static_cast<int>(row.id)});
    }
    table.push_back({});

    opterr = 0;
    optind = 0;  // glibc: start afresh
    for (;;) {
      const int found = getopt_long(argc, argv, "-:h", table.data(), nullptr);
      if (found == -1) break;
      if (found == 'h' || found == static_cast<int>(flag_id::help)) {
        result_.help = true;
        return std::move(result_);
      }
      result_.problem = found == ':'   ? bad(refused_flag(argv) + " needs a value")
                        : found == '?' ? unknown(argv)
                        : found == no_flag
                            ? unexpected(optind - 1)
                            : take(static_cast<flag_id>(found), optarg ? optarg : "");
      if (result_.problem) return std::move(result_);
    }
    result_.problem = optind < argc ? unexpected(optind) : complete();
    return std::move(result_);
  }

 private:
  static error unknown(char** argv) {
    if (optopt >= static_cast<int>(flag_id::endpoints))
      return bad(refused_flag(argv) + " takes no value");
    return bad(refused_flag(argv) +
               " is not a flag of this command, or not a clear abbreviation of one");
  }

  static error unexpected(int position) {
    return bad("argument " + std::to_string(position) +
               " belongs to no flag: give one, --NAME VALUE " +
               "(it is not shown here, as it may be a password)");
  }

  error take(flag_id id, std::string_view value) {
    settings& chosen = result_.chosen;
    session_options& session = chosen.session;
    switch (id) {
      case flag_id::endpoints:
        if (!connection_.endpoints.empty()) connection_.endpoints += ',';
        connection_.endpoints += value;
        if (value.empty())
          return bad("--endpoints is empty: give URL[,URL...], e.g. http://127.0.0.1:2379");
        return {};
      case flag_id::discovery_srv:
        return take_text("discovery-srv", value, connection_.discovery_srv);
      case flag_id::discovery_srv_name:
        return take_text("discovery-srv-name", value, connection_.discovery_srv_name);
      case flag_id::insecure_discovery: connection_.insecure_discovery = true; return {};
      case flag_id::app: return take_text("app", value, session.app);
      case flag_id::instance: return take_text("instance", value, session.instance);
      case flag_id::shard: return take_text("shard", value, chosen.shards.emplace_back());
      case flag_id::shards: return read_number("shards", value, shard_count_kind, shard_count_);
      case flag_id::all: chosen.all = true; return {};
      case flag_id::format: return take_format(value);
      case flag_id::ttl: return take_time("ttl", value, seconds_kind, session.ttl);
      case flag_id::reassure_interval:
        return take_time("reassure-interval", value, session.reassure_interval);
      case flag_id::last_seen_interval:
        return take_time("last-seen-interval", value, milliseconds_kind,
                         session.last_seen_interval);
      case flag_id::reassure_timeout:
        return take_time("reassure-timeout", value, session.reassure_timeout);
      case flag_id::stop_grace: return take_time("stop-grace", value, session.stop_grace);
      case flag_id::margin: return take_time("margin", value, session.margin);
      case flag_id::jeopardy_after:
        return take_time("jeopardy-after", value, session.jeopardy_after);
      case flag_id::retry_delay:
        return take_time("retry-delay", value, milliseconds_kind, session.retry_delay);
      case flag_id::request_timeout:
        return take_time("request-timeout", value, session.request_timeout);
      case flag_id::resign_limit:
        return take_time("resign-limit", value, resign_limit_kind, chosen.resign_limit);
      case flag_id::stop_work_ms:
        return take_time("stop-work-ms", value, milliseconds_kind, chosen.stop_work);
      case flag_id::once: chosen.once = true; return {};
      case flag_id::user: return take_text("user", value, connection_.user);
      case flag_id::password:
        return bad(
            "--password is not taken, since everybody on this host can read a command line: "
            "set ETCDCTL_PASSWORD or give --password-file FILE");
      case flag_id::password_file:
        return take_text("password-file", value, connection_.password_file);
      case flag_id::cacert: return take_text("cacert", value, connection_.ca_file);
      case flag_id::cert: return take_text("cert", value, connection_.cert_file);
      case flag_id::key: return take_text("key", value, connection_.key_file);
      case flag_id::server_name: return take_text("server-name", value, session.tls.server_name);
      case flag_id::tls_min_version: return take_tls_version(value);
      case flag_id::tls_key_log: session.tls.key_log = true; return {};
      case flag_id::cert_warn_days: return take_days(value);
      case flag_id::log: return take_level(value);
      case flag_id::help: return {};
    }
    return bad("unknown flag");
  }

  // A flag that is set to nothing is more likely a shell variable that was empty.
  static error take_text(const char* name, std::string_view value, std::string& out) {
    if (value.empty())
      return bad("--" + std::string(name) + " is empty: give it a value or leave it out");
    out = value;
    return {};
  }

  static error take_time(const char* name, std::string_view value, const number_kind& kind,
                         milliseconds& out) {
    std::int64_t number = 0;
    if (error failed = read_number(name, value, kind, number)) return failed;
    out =
        &kind == &seconds_kind ? milliseconds(std::chrono::seconds(number)) : milliseconds(number);
    return {};
  }

  static error take_time(const char* name, std::string_view value,
                         std::optional<milliseconds>& out) {
    return take_time(name, value, milliseconds_kind, out.emplace());
  }

  error take_format(std::string_view value) {
    if (value != "text" && value != "json")
      return bad("--format '" + std::string(value) + "': give text or json");
    result_.chosen.format = value == "json" ? output_format::json : output_format::text;
    return {};
  }

  error take_tls_version(std::string_view value) {
    if (value != "1.2" && value != "1.3")
      return bad("--tls-min-version '" + std::string(value) + "': give 1.2 or 1.3");
    result_.chosen.session.tls.min_version =
        value == "1.3" ? tls_version::tls_1_3 : tls_version::tls_1_2;
    return {};
  }

  error take_days(std::string_view value) {
    std::int64_t days = 0;
    if (error failed = read_number("cert-warn-days", value, days_kind, days)) return failed;
    result_.chosen.session.tls.warn_days = static_cast<int>(days);
    return {};
  }

  error take_level(std::string_view value) {
    constexpr std::pair<std::string_view, log_level> levels[] = {{"debug", log_level::debug},
                                                                 {"info", log_level::info},
                                                                 {"warning", log_level::warning},
                                                                 {"error", log_level::error}};
    for (const auto& [name, level] : levels) {
      if (value == name) result_.chosen.log = level;
    }
    if (result_.chosen.log) return {};
    return bad("--log '" + std::string(value) + "': give debug, info, warning or error");
  }

  // Now what concerns several flags together.
  error complete() {
    settings& chosen = result_.chosen;
    if (chosen.session.app.empty()) return bad("--app APP is missing");
    if (chosen.session.instance.empty()) {
      if (which_ == subcommand::campaign) return bad("--instance NAME is missing");
      chosen.session.instance = "observer";
    }
    for (std::int64_t i = 0; i < shard_count_; ++i) {
      char name[16];
      std::snprintf(name, sizeof name, "shard-%04d", static_cast<int>(i));
      chosen.shards.emplace_back(name);
    }
    if (chosen.all && !chosen.shards.empty())
      return bad("--all follows every shard: leave out --shard and --shards");
    if (chosen.shards.empty() && !chosen.all) chosen.shards.emplace_back();
    auto sorted = chosen.shards;
    std::sort(sorted.begin(), sorted.end());
    const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
    if (twice != sorted.end())
      return bad("the shard '" + *twice + "' is named twice: name each once");
    return complete_connection(connection_, chosen.session);
  }

  static constexpr int no_flag = 1;  // getopt_long's, for '-'
  static constexpr number_kind resign_limit_kind{"milliseconds", 1, 3'600'000};

  subcommand which_;
  parsed result_;
  connection_flags connection_;
  std::int64_t shard_count_ = 0;
};

}  // namespace

std::string refused_flag(char** argv) {
  // Short flags may stand together in one argument. `optopt` names the wrong one; getopt_long may
  // not have left the argument yet.
  if (optopt > 0 && optopt < static_cast<int>(flag_id::endpoints)) {
    return "'-" + valid_utf8(std::string(1, static_cast<char>(optopt))) + "'";
  }
  const std::string_view given = argv[optind - 1];
  return "'" + std::string(given.substr(0, given.find('='))) + "'";
}

parsed parse(subcommand which, int argc, char** argv) { return reader(which).read(argc, argv); }

}  // namespace tenure::tool
