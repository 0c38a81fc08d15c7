// What fuzz targets draw from their bytes, and what they say of texts: written anew, so that a
// mistake of the code is not repeated here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

// The input, taken from its front. When it is used up all is zero and empty.
class bytes {
 public:
  bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  [[nodiscard]] bool empty() const { return at_ == size_; }
  std::uint8_t byte() { return empty() ? std::uint8_t{0} : data_[at_++]; }
  std::string take(std::size_t count) {
    std::string out;
    while (count-- > 0 && !empty()) out += static_cast<char>(byte());
    return out;
  }
  std::string line() {
    std::string out;
    while (!empty()) {
      const char c = static_cast<char>(byte());
      if (c == '\n') break;
      out += c;
    }
    return out;
  }
  // Mostly small, sometimes any: a byte says how many follow.
  std::int64_t number() {
    std::uint64_t out = 0;
    for (std::size_t i = byte() % 9; i > 0; --i) out = out << 8U | byte();
    return static_cast<std::int64_t>(out);
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// UTF-8 without control characters.
inline bool can_be_shown(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto at = [&](std::size_t n) {
      return static_cast<unsigned>(static_cast<unsigned char>(n < s.size() ? s[n] : '\0'));
    };
    const unsigned first = at(i);
    const std::size_t more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first >= 0xf8 || (first >= 0x80 && first < 0xc0)) return false;
    unsigned code = more == 0 ? first : first & (0x3fU >> more);
    for (std::size_t n = 1; n <= more; ++n) {
      if ((at(i + n) & 0xc0U) != 0x80) return false;
      code = code << 6U | (at(i + n) & 0x3fU);
    }
    constexpr unsigned least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[more] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return false;
    i += 1 + more;
  }
  return true;
}

inline bool is_ascii_word(std::string_view s) {
  for (const char c : s) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

}  // namespace fuzz
