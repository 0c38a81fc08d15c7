// The floor: etcd's JSON gateway spoken to with nothing but blocking sockets. No library, no JSON
// parser, no loop.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

[[nodiscard]] std::int64_t now_ns();  // CLOCK_MONOTONIC: the same for all processes of a machine

[[noreturn]] void fail(const std::string& why);

class connection {
 public:
  explicit connection(std::uint16_t port);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  // One request and its whole answer; anything but status 200 ends the program.
  std::string post(std::string_view path, std::string_view body);
  std::string get(std::string_view path);
  // In two steps: something else may be awaited in between.
  void send(std::string_view method, std::string_view path, std::string_view body);
  std::string receive();

 protected:
  void read_some();
  int fd_ = -1;
  std::string in_;
};

// A watch of all keys below a prefix, from now on.
class watch : connection {
 public:
  watch(std::uint16_t port, std::string_view prefix);
  // Until `count` changes have come since the last call (deletes and puts are told alike).
  void await_changes(std::size_t count = 1);

 private:
  std::size_t seen_ = 0;
};

[[nodiscard]] std::string base64(std::string_view bytes);
// `"key":"…"`, or with the end of its prefix.
[[nodiscard]] std::string key_field(std::string_view key);
[[nodiscard]] std::string prefix_fields(std::string_view prefix);

[[nodiscard]] std::uint16_t port_of(const std::string& endpoint);

}  // namespace bench
