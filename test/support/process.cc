#include "test/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <utility>

#include "test/support/wait.hpp"

extern char** environ;

namespace tenure::test {
namespace {

using clock = std::chrono::steady_clock;

clock::time_point guard_end(int seconds) {
  return clock::now() + std::chrono::seconds(seconds * slowness());
}

int left_ms(clock::time_point end) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now()).count();
  return left > 0 ? static_cast<int>(left) : 0;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (std::string& each : strings) all.push_back(each.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> merged(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;  // first come counts in getenv
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string name(*each, std::strcspn(*each, "=") + 1);
    bool replaced = false;
    for (const std::string& other : added)
      replaced = replaced || other.compare(0, name.size(), name) == 0;
    if (!replaced) all.emplace_back(*each);
  }
  return all;
}

// Between fork and exec only what is safe in a signal handler.
[[noreturn]] void become(char** argv, char** environment, int output, int errors, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // What a shell starts in the background ignores the other signals, and a script cannot undo that.
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_DFL);
  const int input = open("/dev/null", O_RDONLY);
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  // The test framework's own descriptors do not belong to the child.
  syscall(SYS_close_range, 3U, ~0U, 0U);
  execvpe(argv[0], argv, environment);
  const char* const why = std::strerror(errno);
  (void)!write(STDERR_FILENO, why, std::strlen(why));
  _exit(127);
}

ending ending_of(int status) {
  if (WIFSIGNALED(status)) return {-1, WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
}

}  // namespace

process::process(const std::vector<std::string>& argv,
                 const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = argv;
  std::vector<std::string> variables = merged(environment);
  std::vector<char*> argument_pointers = pointers(arguments);
  std::vector<char*> variable_pointers = pointers(variables);
  int ends[2];
  errors_ = memfd_create("stderr", MFD_CLOEXEC);
  if (errors_ < 0 || pipe2(ends, O_CLOEXEC) != 0)
    give_up(std::string("pipe: ") + std::strerror(errno));
  output_ = ends[0];
  fcntl(output_, F_SETFL, O_NONBLOCK);
  // Each write goes to the end, also when the child opens its standard error once more.
  fcntl(errors_, F_SETFL, O_APPEND);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0)
    become(argument_pointers.data(), variable_pointers.data(), ends[1], errors_, parent);
  if (pid_ < 0) give_up(std::string("fork: ") + std::strerror(errno));
  setpgid(pid_, pid_);  // here as well: whoever is first
  close(ends[1]);
}

process::process(process&& other) noexcept { *this = std::move(other); }

process& process::operator=(process&& other) noexcept {
  if (this == &other) return *this;
  release();
  pid_ = std::exchange(other.pid_, -1);
  output_ = std::exchange(other.output_, -1);
  errors_ = std::exchange(other.errors_, -1);
  at_end_ = other.at_end_;
  buffer_ = std::move(other.buffer_);
  ended_ = std::exchange(other.ended_, std::nullopt);
  return *this;
}

process::~process() { release(); }

void process::release() {
  if (pid_ > 0) {
    (void)kill();
    close(output_);
    close(errors_);
    pid_ = -1;
  }
}

process::readable process::fill(int timeout_ms) {
  if (at_end_) return readable::never;
  pollfd wanted{output_, POLLIN, 0};
  if (::poll(&wanted, 1, timeout_ms) <= 0) return readable::later;
  char bytes[4096];
  const ssize_t got = read(output_, bytes, sizeof bytes);
  if (got < 0) return readable::later;
  at_end_ = got == 0;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return at_end_ ? readable::never : readable::now;
}

std::optional<std::string> process::take_line() {
  std::size_t end = buffer_.find('\n');
  if (end == std::string::npos) {
    if (!at_end_ || buffer_.empty()) return std::nullopt;
    end = buffer_.size();  // a last line without its newline
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::optional<std::string> process::poll_line() {
  while (true) {
    if (std::optional<std::string> line = take_line()) return line;
    if (fill(0) == readable::now) continue;
    return take_line();
  }
}

std::optional<std::string> process::next_line(int guard_seconds, const char* file, int line) {
  const auto end = guard_end(guard_seconds);
  while (true) {
    if (std::optional<std::string> found = take_line()) return found;
    if (at_end_) return std::nullopt;
    const int left = left_ms(end);
    if (left == 0) give_up("waited in vain for a line; standard error: " + errors(), file, line);
    fill(left);
  }
}

std::string process::line_with(const std::string& text, int guard_seconds, const char* file,
                               int line) {
  const auto end = guard_end(guard_seconds);
  std::string seen;
  while (true) {
    while (std::optional<std::string> found = take_line()) {
      if (found->find(text) != std::string::npos) return *found;
      seen += *found + "\n";
    }
    const int left = left_ms(end);
    if (at_end_ || left == 0) {
      give_up("no line with '" + text + "' but:\n" + seen + "standard error: " + errors(), file,
              line);
    }
    fill(left);
  }
}

std::string process::rest(int guard_seconds, const char* file, int line) {
  const auto end = guard_end(guard_seconds);
  while (!at_end_) {
    const int left = left_ms(end);
    if (left == 0) give_up("waited in vain for the end of the output", file, line);
    fill(left);
  }
  return std::exchange(buffer_, {});
}

std::string process::errors() const {
  std::string all;
  char bytes[4096];
  ssize_t got = 0;
  while ((got = pread(errors_, bytes, sizeof bytes, static_cast<off_t>(all.size()))) > 0) {
    all.append(bytes, static_cast<std::size_t>(got));
  }
  return all;
}

void process::signal(int number) const {
  if (pid_ > 0 && !ended_) ::kill(pid_, number);
}

bool process::running() {
  if (ended_ || pid_ <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  ended_ = ending_of(status);
  return false;
}

ending process::wait(int guard_seconds, const char* file, int line) {
  if (ended_) return *ended_;
  const int watched = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (watched < 0) give_up(std::string("pidfd_open: ") + std::strerror(errno), file, line);
  const auto end = guard_end(guard_seconds);
  pollfd wanted{watched, POLLIN, 0};
  while (running()) {
    const int left = left_ms(end);
    if (left == 0) give_up("the child does not end; standard error: " + errors(), file, line);
    ::poll(&wanted, 1, left);
  }
  close(watched);
  return *ended_;
}

ending process::kill() {
  ::kill(-pid_, SIGKILL);  // its own children, too, even if it has ended
  return wait();
}

std::string built(const std::string& name) {
  std::string self(4096, '\0');
  const ssize_t length = readlink("/proc/self/exe", self.data(), self.size());
  if (length <= 0) give_up("readlink /proc/self/exe failed");
  self.resize(static_cast<std::size_t>(length));
  // Tests are in BUILD/test/NAME.
  self.resize(self.rfind('/'));
  return self.substr(0, self.rfind('/') + 1) + name;
}

}  // namespace tenure::test
