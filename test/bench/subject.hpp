// The process that is measured: started anew for a figure, told what to do line by line, and looked
// at from outside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

class subject {
 public:
  // argv[0] is a path. Its standard input and output are ours.
  explicit subject(const std::vector<std::string>& argv);
  subject(const subject&) = delete;
  subject& operator=(const subject&) = delete;
  ~subject();  // ends it

  void say(const std::string& line) const;
  // The number in the next line that begins with `word`. Lines before it are dropped.
  std::int64_t hear(const std::string& word, int guard_seconds = 60);
  // Nothing if such a line does not come in time.
  std::optional<std::int64_t> hear_in_time(const std::string& word, int guard_seconds = 60);
  // That whole line without the word.
  std::string hear_line(const std::string& word, int guard_seconds = 60);
  std::string any_line(int guard_seconds = 60);
  // Waits until it has ended; anything but exit code 0 ends the program.
  void await_end();

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::int64_t started_ns() const { return started_; }

 private:
  std::optional<std::string> line_before(std::int64_t until_ns);

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::int64_t started_ = 0;
  std::string buffer_;
};

// What a process uses, as /proc tells.
struct usage {
  double cpu_s = 0;  // of all its threads
  double resident_kib = 0;
  double private_kib = 0;
  std::vector<std::string> threads;
  std::size_t connections = 0;  // TCP
};
[[nodiscard]] usage look_at(pid_t pid);

}  // namespace bench
