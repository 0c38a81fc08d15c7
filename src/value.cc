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

}  // namespace

std::string rfc3339(time when) {
  using namespace std::chrono;
  const auto ns = duration_cast<nanoseconds>(when.time_since_epoch()).count();
  const std::time_t s = static_cast<std::time_t>(ns / 1'000'000'000);
  std::tm t{};
  gmtime_r(&s, &t);
  char out[48];
  std::size_t n = std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", &t);
  std::snprintf(out + n, sizeof out - n, ".%09ldZ", static_cast<long>(ns % 1'000'000'000));
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
  rapidjson::Document d;
  d.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
          rapidjson::kParseNumbersAsStringsFlag>(stored.data(), stored.size());
  if (d.HasParseError() || !d.IsObject()) return {};
  const auto it = d.FindMember("Instance");
  if (it == d.MemberEnd() || !it->value.IsString()) return {};
  return {it->value.GetString(), it->value.GetStringLength()};
}

}  // namespace tenure::value
