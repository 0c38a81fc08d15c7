#include "output.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace tenure::tool {
namespace {

// Opens a pipe or a terminal anew, for us alone; -1: it cannot be. Others share what is behind a
// standard descriptor, and O_NONBLOCK would be forced on them. The master side of a terminal is not
// opened: that would make another terminal.
int reopened(int fd, const struct stat& what) {
  if (!S_ISFIFO(what.st_mode) && !(isatty(fd) == 1 && ptsname(fd) == nullptr)) return -1;
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  return open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
}

// How much to write at once: as many whole lines as go into PIPE_BUF, or a part of a longer line.
// So much is written wholly or not at all, and without waiting where poll sees room.
std::string_view piece_of(std::string_view text) {
  if (text.size() <= PIPE_BUF) return text;
  text = text.substr(0, PIPE_BUF);
  const std::size_t end = text.rfind('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

}  // namespace

output::output(int fd, std::size_t limit) : fd_(fd), limit_(limit) {
  struct stat what {};
  if (fstat(fd, &what) != 0) return;
  file_ = S_ISREG(what.st_mode);
  const int opened = reopened(fd, what);
  own_ = opened >= 0;
  if (own_) fd_ = opened;
}

output::~output() {
  if (own_) close(fd_);
}

int output::write(std::string_view line) {
  if (waiting() && kept_.size() - written_ + line.size() > limit_) {
    if (const int failed = flush()) return failed;
    if (kept_.size() - written_ + line.size() > limit_) return ENOBUFS;
  }
  kept_ += line;
  return flush();
}

int output::flush() {
  while (waiting()) {
    const std::string_view rest = std::string_view(kept_).substr(written_);
    if (!file_ && !writable(0)) break;
    const std::string_view piece = file_ ? rest : piece_of(rest);
    const ssize_t done = ::write(fd_, piece.data(), piece.size());
    if (done >= 0) {
      written_ += static_cast<std::size_t>(done);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      kept_.clear();
      written_ = 0;
      return errno;
    }
  }
  // Moving what is left costs at most as much as what was written.
  if (written_ >= kept_.size() - written_) {
    kept_.erase(0, written_);
    written_ = 0;
  }
  return 0;
}

int output::finish(int patience_ms) {
  for (;;) {
    if (const int failed = flush()) return failed;
    if (!waiting()) return 0;
    if (!writable(patience_ms)) return ETIMEDOUT;
  }
}

bool output::abandoned() const noexcept {
  pollfd reader{fd_, 0, 0};
  return poll(&reader, 1, 0) == 1 && (reader.revents & (POLLERR | POLLHUP | POLLNVAL));
}

bool output::writable(int timeout_ms) const noexcept {
  pollfd room{fd_, POLLOUT, 0};
  return poll(&room, 1, timeout_ms) != 0;  // an error is the write's to tell
}

}  // namespace tenure::tool
