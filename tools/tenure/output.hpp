// A descriptor whose reader may be slow, or may have stopped reading. Writing to it never waits.
#ifndef TENURE_TOOL_OUTPUT_HPP
#define TENURE_TOOL_OUTPUT_HPP

#include <cstddef>
#include <string>
#include <string_view>

namespace tenure::tool {

// For `finish`: how long a reader may take nothing.
constexpr int reader_patience_ms = 1000;

// What cannot be written at once is kept until `flush`. Errors are numbers of errno; 0: none. After
// an error nothing is kept. A regular file is written to directly: it has no reader to wait for.
class output {
 public:
  // Keeps up to `limit` bytes.
  output(int fd, std::size_t limit);
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  ~output();

  // Takes a whole line or, with ENOBUFS because of the limit, nothing of it.
  [[nodiscard]] int write(std::string_view line);
  // Writes what can be written now, whole lines at once.
  [[nodiscard]] int flush();
  // Waits for the reader, as long as it takes something once in `patience_ms`. Else ETIMEDOUT. It
  // blocks, so it is not for a loop.
  [[nodiscard]] int finish(int patience_ms);

  [[nodiscard]] bool waiting() const noexcept { return written_ < kept_.size(); }
  // The reader of a pipe went away. Without this only a write would tell.
  [[nodiscard]] bool abandoned() const noexcept;

 private:
  [[nodiscard]] bool writable(int timeout_ms) const noexcept;

  int fd_;
  bool own_ = false;   // fd_ is ours to close
  bool file_ = false;  // a regular one
  const std::size_t limit_;
  std::string kept_;
  std::size_t written_ = 0;  // of kept_
};

}  // namespace tenure::tool

#endif
