// A child process of a test. It never outlives the test, however that ends: it is killed with
// its process group at destruction, and by the kernel should the test be killed itself.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace tenure::test {

struct ending {
  int exit_code = -1;  // -1 if a signal ended it
  int signal = 0;      // 0 if it exited

  friend bool operator==(const ending& a, const ending& b) {
    return a.exit_code == b.exit_code && a.signal == b.signal;
  }
};

class process {
 public:
  // argv[0] is looked for in PATH. `environment` holds NAME=value, in addition to ours.
  // Standard input is empty.
  explicit process(const std::vector<std::string>& argv,
                   const std::vector<std::string>& environment = {});
  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;
  ~process();

  [[nodiscard]] pid_t pid() const { return pid_; }

  // The next line of its standard output, awaited; nothing after the last one.
  // The guard ends the test. Read it: a child that fills the pipe stops.
  [[nodiscard]] std::optional<std::string> next_line(int guard_seconds = 30,
                                                     const char* file = __builtin_FILE(),
                                                     int line = __builtin_LINE());
  // The next line that contains `text`. Lines before it are dropped. Ends the test without one.
  std::string line_with(const std::string& text, int guard_seconds = 30,
                        const char* file = __builtin_FILE(), int line = __builtin_LINE());
  // A whole line if there is one now. Never waits.
  [[nodiscard]] std::optional<std::string> poll_line();
  // All that is left of its output, until it closes it.
  [[nodiscard]] std::string rest(int guard_seconds = 30, const char* file = __builtin_FILE(),
                                 int line = __builtin_LINE());
  // What it has written to its standard error so far.
  [[nodiscard]] std::string errors() const;

  void signal(int number) const;  // to this process only, not to its group
  [[nodiscard]] bool running();
  ending wait(int guard_seconds = 30, const char* file = __builtin_FILE(),
              int line = __builtin_LINE());
  ending kill();  // SIGKILL to the group, and wait

 private:
  enum class readable : unsigned char { now, later, never };
  readable fill(int timeout_ms);
  std::optional<std::string> take_line();
  void release();

  pid_t pid_ = -1;
  int output_ = -1;  // the reading end of its standard output
  int errors_ = -1;  // memory that is its standard error
  bool at_end_ = false;
  std::string buffer_;
  std::optional<ending> ended_;
};

// The path of something this build made, e.g. built("tenure") or built("examples/loop").
[[nodiscard]] std::string built(const std::string& name);

}  // namespace tenure::test
