#include "test/chaos/journal.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <ctime>
#include <fstream>

namespace tenure::chaos {

nanos now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * second + t.tv_nsec;
}

void journal::write(const char* event, nanos t, const std::vector<field>& fields) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> out(buffer);
  out.StartObject();
  out.Key("event");
  out.String(event);
  out.Key("t_ns");
  out.Int64(t);
  for (const auto& [name, value] : fields) {
    out.Key(name);
    if (const auto* text = std::get_if<std::string>(&value)) {
      out.String(text->c_str(), static_cast<rapidjson::SizeType>(text->size()));
    } else {
      out.Int64(std::get<std::int64_t>(value));
    }
  }
  out.EndObject();
  add({buffer.GetString(), buffer.GetSize()});
}

bool journal::save(const std::string& path) const {
  std::ofstream file(path);
  for (const std::string& each : lines_) file << each << '\n';
  return static_cast<bool>(file.flush());
}

}  // namespace tenure::chaos
