// The command line: one table of flags, from which parsing and help are made.
#ifndef TENURE_TOOL_OPTIONS_HPP
#define TENURE_TOOL_OPTIONS_HPP

#include <string>

#include <tenure/error.hpp>

#include "settings.hpp"

namespace tenure::tool {

enum class subcommand : unsigned { campaign = 1, observe = 2 };

struct parsed {
  settings chosen;
  bool help = false;  // --help was given: nothing else counts
  error problem;      // bad usage, for stderr
};

// Reads the arguments of a subcommand (argv[0] is its name) and the environment.
[[nodiscard]] parsed parse(subcommand which, int argc, char** argv);

// The flag at which getopt_long stopped, quoted. Never its value: that may be somebody's password.
[[nodiscard]] std::string refused_flag(char** argv);

// The texts of --help.
[[nodiscard]] std::string help();
[[nodiscard]] std::string help(subcommand which);

}  // namespace tenure::tool

#endif
