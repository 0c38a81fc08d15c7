#include <algorithm>
#include <string>

#include "option_table.hpp"

namespace tenure::tool {
namespace {

constexpr std::size_t text_column = 32;

void add_flag(std::string& out, const flag& row) {
  std::string left = "  --" + std::string(row.name);
  if (row.value) left += std::string(" ") + row.value;
  left.resize(std::max(left.size() + 1, text_column), ' ');
  out += left;
  for (const char* c = row.text; *c; ++c) {
    out += *c;
    if (*c == '\n') out.append(text_column, ' ');
  }
  out += '\n';
}

constexpr const char* campaign_intro =
    "Usage: tenure campaign --endpoints URL[,URL...] --app APP --instance NAME [flags]\n"
    "\n"
    "Stands in the election APP/leader, or APP/SHARD/leader for each shard, until told to\n"
    "stop, and prints what happens: session, campaigning, position, leader, acquired,\n"
    "cancelled, lost, stopped, resigned, jeopardy, safe, stalled, warning, error.\n"
    "\n"
    "SIGTERM, SIGINT   resign everywhere and exit; a second one exits at once with 1\n"
    "SIGUSR1           resign everywhere, then campaign again\n";

constexpr const char* observe_intro =
    "Usage: tenure observe --endpoints URL[,URL...] --app APP [flags]\n"
    "\n"
    "Prints the present leader of APP/leader, or of APP/SHARD/leader for each shard, and then\n"
    "every change, without standing in the election. With --all those of all shards that have\n"
    "a leader, then `current`, then every change.\n"
    "\n"
    "SIGTERM, SIGINT   exit\n";

constexpr const char* exit_codes =
    "\n"
    "Exit codes: 0 done, 1 could not go on, 2 bad usage or configuration.\n"
    "A reader that leaves a mebibyte of events and more unread stops it, with 1.\n";

}  // namespace

std::string help(subcommand which) {
  std::string out = which == subcommand::campaign ? campaign_intro : observe_intro;
  out += "\nFlags [environment variable]:\n";
  for (const flag& row : flag_table) {
    if (row.text && (row.commands & static_cast<unsigned>(which))) add_flag(out, row);
  }
  out += exit_codes;
  return out;
}

std::string help() {
  return std::string(
             "Usage: tenure COMMAND [flags]\n"
             "\n"
             "Leader election on etcd, for the shell and for trying things out.\n"
             "\n"
             "  campaign    stand in elections until told to stop\n"
             "  observe     print who leads, and every change\n"
             "\n"
             "  tenure COMMAND --help    the flags of a command\n"
             "  tenure --version         the version\n") +
         exit_codes;
}

}  // namespace tenure::tool
