// The `tenure` command: leader election on etcd for the shell, for tests and for the demo.
#include <fcntl.h>
#include <getopt.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <tenure/version.h>

#include "commands.hpp"
#include "options.hpp"

namespace {

using namespace tenure::tool;

int print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  if (!written)
    std::fprintf(stderr, "tenure: stdout cannot be written: %s\n", std::strerror(errno));
  return written ? exit_done : exit_could_not_go_on;
}

int bad_usage(const std::string& command, const std::string& problem) {
  std::fprintf(stderr, "%s: %s\ntry: %s --help\n", command.c_str(), problem.c_str(),
               command.c_str());
  return exit_bad_usage;
}

// If descriptor 0, 1 or 2 were closed, the next socket would get it, and our lines would go there.
bool standard_descriptors() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    if (fd == 1) return false;
    if (open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd) return false;
  }
  return true;
}

int run(subcommand which, const char* name, int argc, char** argv) {
  const parsed arguments = parse(which, argc, argv);
  if (arguments.help) return print(help(which));
  if (arguments.problem) return bad_usage(std::string("tenure ") + name, arguments.problem.message);
  return which == subcommand::campaign ? campaign(arguments.chosen) : observe(arguments.chosen);
}

}  // namespace

namespace {

int choose(int argc, char** argv) {
  if (!standard_descriptors()) {
    std::fputs("tenure: stdout is closed: send it to a file, a pipe or /dev/null\n", stderr);
    return exit_could_not_go_on;
  }

  const option general[] = {
      {"help", no_argument, nullptr, 'h'}, {"version", no_argument, nullptr, 'v'}, {}};
  opterr = 0;
  // '+': stop at the subcommand, whose flags are its own.
  switch (getopt_long(argc, argv, "+h", general, nullptr)) {
    case -1: break;
    case 'h': return print(help());
    case 'v': return print("tenure " TENURE_VERSION "\n");
    default:
      return bad_usage("tenure", refused_flag(argv) + " is neither a flag of tenure nor a command");
  }
  if (optind >= argc) return bad_usage("tenure", "a command is missing: campaign or observe");

  const std::string_view name = argv[optind];
  const int given = argc - optind;
  if (name == "campaign") return run(subcommand::campaign, "campaign", given, argv + optind);
  if (name == "observe") return run(subcommand::observe, "observe", given, argv + optind);
  return bad_usage("tenure", "'" + std::string(name) + "' is not a command: campaign or observe");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return choose(argc, argv);
  } catch (const std::bad_alloc&) {
    std::fputs("tenure: memory ran out\n", stderr);
    return exit_could_not_go_on;
  }
}
