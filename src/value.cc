#include "value.hpp"

#include <cstdio>
#include <ctime>

#include "etcd/rapid.hpp"
#include <rapidjson/stringbuffer.h>

namespace tenure::value {

namespace {

using writer = rapidjson::Writer<rapidjson::StringBuffer>;

void member(writer& w, const char* name, std::string_view text) {
  w.Key(name);
  w.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

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

std::string rfc3339(time when) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(when);  // also before 1970
  const auto ns = duration_cast<nanoseconds>(when - whole).count();
  const auto s = static_cast<std::time_t>(whole.time_since_epoch().count());
  std::tm t{};
  gmtime_r(&s, &t);
  char out[48];
  std::size_t n = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &t);
  std::snprintf(out + n, sizeof out - n, ".%09ldZ", static_cast<long>(ns));
  return out;
}

std::string waiting(std::string_view instance, time since) {
  rapidjson::StringBuffer b;
  writer w(b);
  w.StartObject();
  member(w, "Instance", instance);
  member(w, "SeekingLeadershipSince", rfc3339(since));
  w.EndObject();
  return {b.GetString(), b.GetSize()};
}

std::string leading(std::string_view instance, time since, time last_seen) {
  rapidjson::StringBuffer b;
  writer w(b);
  w.StartObject();
  member(w, "Instance", instance);
  member(w, "LeaderSince", rfc3339(since));
  member(w, "LastSeen", rfc3339(last_seen));
  w.EndObject();
  return {b.GetString(), b.GetSize()};
}

std::string instance_of(std::string_view stored) {
  instance_finder found;
  rapidjson::Reader reader;
  rapidjson::MemoryStream in(stored.data(), stored.size());
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                             rapidjson::kParseNumbersAsStringsFlag;
  if (reader.Parse<flags>(in, found).IsError()) return {};
  return found.instance;
}

}  // namespace tenure::value
