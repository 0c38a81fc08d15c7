#include "base/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace tenure {

namespace {

constexpr std::int64_t ns_per_s = 1'000'000'000;

file_stamp stamp_of(const struct stat& s) {
  return {s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec * ns_per_s + s.st_mtim.tv_nsec,
          s.st_ctim.tv_sec * ns_per_s + s.st_ctim.tv_nsec};
}

std::string in_words(std::size_t limit) {
  constexpr std::size_t mebi = 1u << 20;
  return limit % mebi == 0 ? std::to_string(limit / mebi) + " MiB"
                           : std::to_string(limit) + " bytes";
}

class descriptor {
 public:
  // Opening a FIFO would wait for its writer without O_NONBLOCK.
  explicit descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

file_stamp look_at_file(const std::string& path) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0 ? stamp_of(s) : file_stamp();
}

std::string read_small_file(const std::string& path, std::size_t limit, std::string& out,
                            file_stamp& stamp) {
  stamp = {};
  const descriptor file(path);
  struct stat s {};
  if (file.get() < 0 || fstat(file.get(), &s) != 0)
    return std::string("cannot be opened (") + std::strerror(errno) +
           "): check path and permissions";
  if (!S_ISREG(s.st_mode)) return "is not a regular file: name one";
  stamp = stamp_of(s);
  // One byte more shows that it is too long. It may grow while it is read.
  if (static_cast<std::uint64_t>(s.st_size) > limit)
    return "is larger than " + in_words(limit) + ": name a smaller one";
  out.assign(static_cast<std::size_t>(s.st_size), '\0');
  std::size_t got = 0;
  while (got < out.size()) {
    const ssize_t n = ::read(file.get(), &out[got], out.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::string("cannot be read (") + std::strerror(errno) + ")";
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  out.resize(got);
  return {};
}

}  // namespace tenure
