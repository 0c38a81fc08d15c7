#include "text.hpp"

#include "checked_json.hpp"

#include <algorithm>
#include <cstdio>

namespace tenure::tool {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("._-/:@+%,").find(c) != std::string_view::npos;
}

}  // namespace

std::string rfc3339(const timespec& time) {
  tm parts{};
  gmtime_r(&time.tv_sec, &parts);
  char text[64];
  const std::size_t date = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + date, sizeof text - date, ".%09ldZ", time.tv_nsec);
  return text;
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    rapidjson::MemoryStream stream(bytes.data(), bytes.size());
    unsigned codepoint = 0;
    const bool valid = rapidjson::UTF8<>::Decode(stream, &codepoint);
    const std::size_t length = valid ? stream.Tell() : 1;
    out += valid ? bytes.substr(0, length) : replacement;
    bytes.remove_prefix(length);
  }
  return out;
}

std::string one_word(std::string_view bytes) {
  if (!bytes.empty() && std::all_of(bytes.begin(), bytes.end(), plain)) return std::string(bytes);

  std::string clean = valid_utf8(bytes);
  // JSON leaves DEL and the C1 controls as they are. Some terminals obey them.
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const auto byte = static_cast<unsigned char>(clean[i]);
    const auto next = static_cast<unsigned char>(i + 1 < clean.size() ? clean[i + 1] : 0);
    if (byte == 0x7F) clean.replace(i, 1, replacement);
    if (byte == 0xC2 && next < 0xA0) clean.replace(i, 2, replacement);
  }
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(clean.data(), static_cast<rapidjson::SizeType>(clean.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace tenure::tool
