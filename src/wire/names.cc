#include "wire/names.hpp"

#include <charconv>
#include <cstdio>

namespace tenure::names {

namespace {

// Length of the UTF-8 sequence at the start of `s`, 0 if it is not one. Overlong forms, surrogates
// and values above U+10FFFF are none.
std::size_t sequence(std::string_view s) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto tail = [&](std::size_t n) {
    for (std::size_t i = 1; i < n; ++i) {
      if (i >= s.size() || (byte(i) & 0xc0U) != 0x80U) return false;
    }
    return true;
  };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return tail(2) ? 2 : 0;
  if (first >= 0xe0 && first < 0xf0) {
    if (!tail(3)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) >= 0xa0) return 0;
    return 3;
  }
  if (first >= 0xf0 && first < 0xf5) {
    if (!tail(4)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) >= 0x90) return 0;
    return 4;
  }
  return 0;
}

bool is_text(std::string_view s) {
  while (!s.empty()) {
    const std::size_t n = sequence(s);
    const auto first = static_cast<unsigned char>(s[0]);
    if (n == 0 || first < 0x20 || first == 0x7f) return false;
    if (first == 0xc2 && static_cast<unsigned char>(s[1]) < 0xa0)
      return false;  // C1: U+0080 to U+009F
    s.remove_prefix(n);
  }
  return true;
}

// The first of `s`, which is text, without a character cut in half.
std::string_view beginning(std::string_view s) {
  std::size_t end = 0;
  while (end < s.size() && end + sequence(s.substr(end)) <= 64) end += sequence(s.substr(end));
  return s.substr(0, end);
}

// For messages: what cannot be printed is escaped.
std::string shown(const std::string& s) {
  if (is_text(s)) return "\"" + std::string(beginning(s)) + (s.size() > 64 ? "…\"" : "\"");
  std::string out = "\"";
  for (const char c : s.substr(0, 64)) {
    if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += hex;
    }
  }
  return out + "\"";
}

error bad(const char* field, const std::string& value, const char* why) {
  return {errc::invalid_argument, std::string(field) + " " + shown(value) + " " + why};
}

error check_text(const char* field, const std::string& value) {
  if (value.empty())
    return {errc::invalid_argument,
            std::string(field) + " is empty: give it 1 to 255 bytes of text"};
  if (value.size() > 255) return bad(field, value, "is longer than 255 bytes");
  if (!is_text(value)) return bad(field, value, "is not UTF-8 without control characters");
  return {};
}

}  // namespace

error check_app(const std::string& app) {
  if (error e = check_text("app", app)) return e;
  if (app.front() == '/' || app.back() == '/' || app.find("//") != std::string::npos) {
    return bad("app", app, "has an empty part: no \"/\" at either end and no \"//\"");
  }
  // APP/leader/leader/… would lie inside the election APP/leader.
  if (("/" + app + "/").find("/leader/") != std::string::npos) {
    return bad("app", app,
               "has a part \"leader\", which would lie inside another election: rename it");
  }
  return {};
}

error check_shard(const std::string& shard) {
  if (shard.empty()) return {};
  if (error e = check_text("shard", shard)) return e;
  if (shard.find('/') != std::string::npos)
    return bad("shard", shard, "contains \"/\": use another separator");
  if (shard == "leader")
    return bad("shard", shard, "would lie inside the election without a shard: rename it");
  return {};
}

error check_instance(const std::string& instance) { return check_text("instance", instance); }

std::string election(std::string_view app, std::string_view shard) {
  std::string out(app);
  if (!shard.empty()) out.append("/").append(shard);
  return out.append("/leader");
}

std::string key(std::string_view prefix, std::int64_t lease) {
  char hex[20];
  const auto end = std::to_chars(hex, hex + sizeof hex, lease, 16).ptr;
  std::string out(prefix);
  out += '/';
  return out.append(hex, end);
}

std::int64_t lease(std::string_view name) {
  std::int64_t lease = 0;
  const auto end = std::from_chars(name.data(), name.data() + name.size(), lease, 16);
  if (end.ec != std::errc() || end.ptr != name.data() + name.size()) return 0;
  char hex[20];
  const auto back = std::to_chars(hex, hex + sizeof hex, lease, 16).ptr;
  return name == std::string_view(hex, static_cast<std::size_t>(back - hex)) ? lease : 0;
}

parts split(std::string_view key) {
  parts p;
  const auto slash = key.rfind('/');
  if (slash == std::string_view::npos) return p;
  p.prefix = key.substr(0, slash);
  p.lease = lease(key.substr(slash + 1));
  return p;
}

}  // namespace tenure::names
