#include "test/support/core_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <vector>

#include "test/support/wait.hpp"

namespace tenure::test {

namespace {

struct range {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

// "7f12-7f34 rw-p ..." begins a mapping, "VmFlags: rd wr dd" is among what follows; dd: not dumped.
std::vector<range> dumped(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/smaps");
  std::vector<range> all;
  range at;
  bool writable = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.compare(0, 8, "VmFlags:") == 0) {
      if (writable && line.find(" dd") == std::string::npos) all.push_back(at);
      continue;
    }
    std::istringstream words(line);
    std::string bounds;
    std::string access;
    words >> bounds >> access;
    const std::size_t dash = bounds.find('-');
    if (dash == std::string::npos || access.size() != 4) continue;
    at.from = std::stoull(bounds, nullptr, 16);
    at.to = std::stoull(bounds.substr(dash + 1), nullptr, 16);
    writable = access[1] == 'w';
  }
  return all;
}

}  // namespace

std::size_t count_in_core(pid_t process, const std::string& text) {
  const int memory =
      open(("/proc/" + std::to_string(process) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0) give_up("its memory cannot be read");
  std::size_t count = 0;
  std::string bytes;
  for (const range& each : dumped(process)) {
    bytes.resize(each.to - each.from);
    const ssize_t got = pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(each.from));
    if (got <= 0) continue;
    bytes.resize(static_cast<std::size_t>(got));
    for (std::size_t i = 0; (i = bytes.find(text, i)) != std::string::npos; ++i) ++count;
  }
  close(memory);
  return count;
}

}  // namespace tenure::test
