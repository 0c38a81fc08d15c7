// Files that are read whole: certificates, keys, passwords. Reading blocks; it is done in
// `session::open`, and later on threads of libuv's pool.
#pragma once

#include <cstdint>
#include <string>

namespace tenure {

// What tells one content of a file from another without reading it.
struct file_stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = -1;  // there is no such file
  std::int64_t written_ns = 0;
  std::int64_t changed_ns = 0;

  friend bool operator==(const file_stamp& a, const file_stamp& b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.written_ns == b.written_ns && a.changed_ns == b.changed_ns;
  }
  friend bool operator!=(const file_stamp& a, const file_stamp& b) { return !(a == b); }
};

[[nodiscard]] file_stamp look_at_file(const std::string& path);

// Sets `out` to the content, and `stamp` to that content's. A FIFO is refused, and not waited for.
// Returns what is wrong and what to do, in words that follow the path; empty: nothing.
[[nodiscard]] std::string read_small_file(const std::string& path, std::size_t limit,
                                          std::string& out, file_stamp& stamp);

}  // namespace tenure
