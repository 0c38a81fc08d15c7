#include "wire/value.hpp"

#include <algorithm>
#include <cstdint>

#include "etcd/rapid.hpp"

namespace tenure::value {

namespace {

// A JSON string. Names rarely need an escape.
void append_text(std::string& out, std::string_view text) {
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
  };
  if (std::all_of(text.begin(), text.end(), plain)) {
    out.append("\"").append(text).append("\"");
    return;
  }
  rapidjson::StringBuffer b;
  rapidjson::Writer<rapidjson::StringBuffer> w(b);
  w.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  out.append(b.GetString(), b.GetSize());
}

void append_member(std::string& out, const char* name, time when) {
  out.append(",\"").append(name).append("\":\"").append(rfc3339(when)).append("\"");
}

// Writes `value` with leading zeros.
void put_digits(char* to, int count, std::int64_t value) {
  for (; count > 0; value /= 10) to[--count] = static_cast<char>('0' + value % 10);
}

// Also before 1970.
std::int64_t whole_seconds(time when) {
  return std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
}
std::int64_t nanoseconds_of(time when) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             when - std::chrono::floor<std::chrono::seconds>(when))
      .count();
}

constexpr std::size_t fraction_at = 20;  // in a time

// The string that is the member "Instance" of the outermost object.
struct instance_finder : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, instance_finder> {
  std::string instance;
  int depth = 0;
  bool here = false;

  bool Default() {
    here = false;
    return true;
  }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return Default(); }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    here = depth == 1 && std::string_view(text, length) == "Instance";
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (here) instance.assign(text, length);
    return Default();
  }
  bool StartObject() { return ++depth, Default(); }
  bool EndObject(rapidjson::SizeType) { return --depth, true; }
  bool StartArray() { return ++depth, Default(); }
  bool EndArray(rapidjson::SizeType) { return --depth, true; }
};

}  // namespace

// The proleptic Gregorian calendar in whole numbers; its years begin in March. strftime takes a
// microsecond, and a batch may need a hundred of these.
std::string rfc3339(time when) {
  const std::int64_t s = whole_seconds(when);
  const std::int64_t days = s / 86400 - (s % 86400 < 0 ? 1 : 0);
  const std::int64_t of_day = s - days * 86400;
  // Since 0000-03-01. It is positive for all that the clock can show.
  const std::int64_t z = days + 719468;
  const std::int64_t era = z / 146097;
  const std::int64_t of_era = z % 146097;
  const std::int64_t year_of_era =
      (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t march_month = (5 * of_year + 2) / 153;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  std::string out = "0000-00-00T00:00:00.000000000Z";
  put_digits(&out[0], 4, year_of_era + era * 400 + (month <= 2 ? 1 : 0));
  put_digits(&out[5], 2, month);
  put_digits(&out[8], 2, of_year - (153 * march_month + 2) / 5 + 1);
  put_digits(&out[11], 2, of_day / 3600);
  put_digits(&out[14], 2, of_day / 60 % 60);
  put_digits(&out[17], 2, of_day % 60);
  put_digits(&out[fraction_at], 9, nanoseconds_of(when));
  return out;
}

std::string waiting(std::string_view instance, time since) {
  std::string out = "{\"Instance\":";
  append_text(out, instance);
  append_member(out, "SeekingLeadershipSince", since);
  return out += '}';
}

leading::leading(std::string_view instance, time last_seen) : text_("{\"Instance\":") {
  append_text(text_, instance);
  append_member(text_, "LeaderSince", {});
  at_ = text_.size() - rfc3339({}).size() - 1;
  append_member(text_, "LastSeen", last_seen);
  text_ += '}';
}

std::string_view leading::since(time when) {
  const std::int64_t second = whole_seconds(when);
  if (second != second_) {
    const std::string shown = rfc3339(when);
    text_.replace(at_, shown.size(), shown);
    second_ = second;
  } else {
    put_digits(&text_[at_ + fraction_at], 9, nanoseconds_of(when));
  }
  return text_;
}

std::string instance_of(std::string_view stored) {
  instance_finder found;
  rapidjson::Reader reader;
  rapidjson::MemoryStream in(stored.data(), stored.size());
  constexpr unsigned flags = rapidjson::kParseIterativeFlag |
                             rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  if (reader.Parse<flags>(in, found).IsError()) return {};
  return found.instance;
}

}  // namespace tenure::value
