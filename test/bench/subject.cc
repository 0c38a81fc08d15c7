#include "test/bench/subject.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "test/bench/raw.hpp"

namespace bench {

subject::subject(const std::vector<std::string>& argv) {
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (const std::string& each : argv) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) fail("no pipe");
  started_ = now_ns();
  pid_ = fork();
  if (pid_ < 0) fail("no process");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  in_ = in[1];
  out_ = out[0];
}

subject::~subject() {
  close(in_);
  close(out_);
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
}

void subject::say(const std::string& line) const {
  const std::string whole = line + "\n";
  if (write(in_, whole.data(), whole.size()) != static_cast<ssize_t>(whole.size()))
    fail("the measured process is gone");
}

std::optional<std::string> subject::line_before(std::int64_t until_ns) {
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    pollfd wanted{out_, POLLIN, 0};
    const auto left = static_cast<int>(std::max<std::int64_t>(0, until_ns - now_ns()) / 1'000'000);
    if (left == 0 || poll(&wanted, 1, left) <= 0) return std::nullopt;
    char bytes[4096];
    const ssize_t n = read(out_, bytes, sizeof bytes);
    if (n <= 0) fail("the measured process ended too early");
    buffer_.append(bytes, static_cast<std::size_t>(n));
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::string subject::any_line(int guard_seconds) {
  auto line = line_before(now_ns() + guard_seconds * std::int64_t{1'000'000'000});
  if (!line) fail("waited in vain for the measured process");
  return *std::move(line);
}

std::string subject::hear_line(const std::string& word, int guard_seconds) {
  while (true) {
    const std::string line = any_line(guard_seconds);
    if (line.compare(0, word.size() + 1, word + ' ') == 0) return line.substr(word.size() + 1);
  }
}

std::optional<std::int64_t> subject::hear_in_time(const std::string& word, int guard_seconds) {
  const std::int64_t until = now_ns() + guard_seconds * std::int64_t{1'000'000'000};
  while (const auto line = line_before(until)) {
    if (line->compare(0, word.size() + 1, word + ' ') == 0)
      return std::atoll(line->c_str() + word.size() + 1);
  }
  return std::nullopt;
}

std::int64_t subject::hear(const std::string& word, int guard_seconds) {
  return std::atoll(hear_line(word, guard_seconds).c_str());
}

void subject::await_end() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  if (status != 0) fail("a measured process failed");
}

namespace {

void each_entry(const std::string& directory, const std::function<void(const std::string&)>& take) {
  DIR* d = opendir(directory.c_str());
  if (d == nullptr) fail("cannot read " + directory);
  while (const dirent* e = readdir(d)) {
    if (e->d_name[0] != '.') take(e->d_name);
  }
  closedir(d);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

double kib_of(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\n" + name + ":");
  return at == std::string::npos ? 0 : std::atof(text.c_str() + at + name.size() + 2);
}

}  // namespace

usage look_at(pid_t pid) {
  const std::string proc = "/proc/" + std::to_string(pid);
  usage u;
  each_entry(proc + "/task", [&](const std::string& task) {
    // Nanoseconds on a processor. (utime and stime of `stat` count in hundredths of a second.)
    u.cpu_s += std::atof(text_of(proc + "/task/" + task + "/schedstat").c_str()) / 1e9;
    std::string name = text_of(proc + "/task/" + task + "/comm");
    while (!name.empty() && name.back() == '\n') name.pop_back();
    u.threads.push_back(name);
  });
  const std::string memory = text_of(proc + "/smaps_rollup");
  u.resident_kib = kib_of(memory, "Rss");
  u.private_kib = kib_of(memory, "Private_Clean") + kib_of(memory, "Private_Dirty");
  const std::string tcp = text_of(proc + "/net/tcp");
  each_entry(proc + "/fd", [&](const std::string& fd) {
    char target[64];
    const ssize_t n = readlink((proc + "/fd/" + fd).c_str(), target, sizeof target);
    const std::string_view name(target, n > 0 ? static_cast<std::size_t>(n) : 0);
    if (name.substr(0, 8) != "socket:[") return;
    const std::string inode(name.substr(8, name.size() - 9));
    u.connections += tcp.find(" " + inode + " ") != std::string::npos ? 1 : 0;
  });
  return u;
}

}  // namespace bench
