// What comes with an answer and is not its body: how much of it may come?
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::net {

class besides {
 public:
  // Status lines, headers, interim answers and trailers, each line counted as somewhat longer than
  // it is: libcurl keeps them all until the answer is over.
  static constexpr std::size_t most_lines = 32768;  // bytes
  static constexpr std::size_t a_line_more = 32;
  // What the connection brought for no byte of the body: TLS, chunk sizes, chunk extensions. Each
  // byte of the body may have come in a chunk and a TLS record of its own.
  static constexpr std::uint64_t most_framing = 262144;  // bytes
  static constexpr std::uint64_t framing_a_byte = 64;

  // All return false when it is too much.
  [[nodiscard]] bool take_line(std::string_view line);
  void take_body(std::size_t bytes) { body_ += bytes; }
  // `bytes`: that were read of the connection, ever.
  [[nodiscard]] bool take_reading(std::uint64_t bytes);

  [[nodiscard]] bool headers_whole() const { return headers_whole_; }
  // What was too much, and its bound, for people; empty if nothing was.
  [[nodiscard]] const std::string& excess() const { return excess_; }

 private:
  std::size_t lines_ = 0;
  std::size_t interim_ = 0;
  std::uint64_t body_ = 0;
  std::uint64_t before_ = 0;  // what the connection brought before this was looked at
  bool looked_ = false;
  bool headers_whole_ = false;
  std::string excess_;
};

}  // namespace tenure::net
