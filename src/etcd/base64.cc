#include "etcd/base64.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tenure::etcd {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  for (auto& digit : digits) digit = no_digit;
  for (std::uint8_t i = 0; i < 64; ++i) digits[static_cast<unsigned char>(alphabet[i])] = i;
  return digits;
}

constexpr std::array<std::uint8_t, 256> digits = make_digits();

// Two characters for each twelve bits: most of what is sent is base64.
constexpr std::array<char, 8192> make_pairs() {
  std::array<char, 8192> pairs{};
  for (std::size_t i = 0; i < 4096; ++i) {
    pairs[2 * i] = alphabet[i >> 6];
    pairs[2 * i + 1] = alphabet[i & 63];
  }
  return pairs;
}

constexpr std::array<char, 8192> pairs = make_pairs();

char* put_pair(char* to, std::size_t twelve_bits) {
  std::memcpy(to, &pairs[2 * twelve_bits], 2);
  return to + 2;
}

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// The six bits of the character at `i`; no_digit has bits above them.
std::uint32_t digit_at(std::string_view text, std::size_t i) {
  return digits[static_cast<unsigned char>(text[i])];
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4);
  char* to = out.data() + start;
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    const std::uint32_t word =
        byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
    to = put_pair(to, word >> 12);
    to = put_pair(to, word & 0xfff);
  }
  const std::size_t rest = bytes.size() - i;
  if (rest == 0) return;
  const std::uint32_t word = byte_at(bytes, i) << 16 | (rest == 2 ? byte_at(bytes, i + 1) << 8 : 0);
  to = put_pair(to, word >> 12);
  *to++ = rest == 2 ? alphabet[word >> 6 & 63] : '=';
  *to = '=';
}

bool decode_base64(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 4 != 0) return false;
  if (text.empty()) return true;
  const std::size_t padding = text[text.size() - 1] != '='   ? 0
                              : text[text.size() - 2] != '=' ? 1
                                                             : 2;
  const std::size_t whole = padding == 0 ? text.size() : text.size() - 4;
  out.resize(text.size() / 4 * 3 - padding);
  char* to = out.data();
  std::uint32_t wrong = 0;  // gathered, so that the loop has no branch
  for (std::size_t i = 0; i < whole; i += 4) {
    const std::uint32_t a = digit_at(text, i), b = digit_at(text, i + 1);
    const std::uint32_t c = digit_at(text, i + 2), d = digit_at(text, i + 3);
    wrong |= a | b | c | d;
    const std::uint32_t word = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(word >> 16 & 0xff);
    *to++ = static_cast<char>(word >> 8 & 0xff);
    *to++ = static_cast<char>(word & 0xff);
  }
  if (padding != 0) {
    const std::uint32_t a = digit_at(text, whole), b = digit_at(text, whole + 1);
    const std::uint32_t c = padding == 2 ? 0 : digit_at(text, whole + 2);
    wrong |= a | b | c;
    // The bits that no byte takes must be zero: else two texts would mean the same bytes.
    if ((padding == 2 ? b & 15 : c & 3) != 0) wrong = no_digit;
    const std::uint32_t word = a << 18 | b << 12 | c << 6;
    *to++ = static_cast<char>(word >> 16 & 0xff);
    if (padding == 1) *to = static_cast<char>(word >> 8 & 0xff);
  }
  if (wrong > 63) {
    out.clear();
    return false;
  }
  return true;
}

}  // namespace tenure::etcd
