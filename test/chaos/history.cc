#include "test/chaos/history.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <map>

namespace tenure::chaos {
namespace {

std::string text(const rapidjson::Document& line, const char* name) {
  const auto found = line.FindMember(name);
  return found != line.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

std::int64_t number(const rapidjson::Document& line, const char* name) {
  const auto found = line.FindMember(name);
  return found != line.MemberEnd() && found->value.IsInt64() ? found->value.GetInt64() : 0;
}

class reader {
 public:
  explicit reader(history& out) : out_(out) {}

  bool take(const std::string& raw) {
    rapidjson::Document line;
    if (line.Parse(raw.c_str()).HasParseError() || !line.IsObject()) return false;
    const std::string event = text(line, "event");
    const nanos t = number(line, "t_ns");
    if (event == "run") {
      out_.seed = text(line, "seed");
      out_.etcd = text(line, "etcd");
      out_.members = static_cast<int>(number(line, "members"));
      out_.candidates = static_cast<int>(number(line, "candidates"));
      out_.ttl = number(line, "ttl_ms") * millisecond;
      out_.began = t;
    } else if (event == "over") {
      out_.over = t;
    } else if (event == "etcd_leader") {
      out_.etcd_leaders.push_back({t, text(line, "member"), number(line, "term")});
    } else if (event == "fault") {
      return began(line, t);
    } else if (event == "fault_over") {
      ended(line, t);
    } else if (event != "plan") {
      out_.entries.push_back({t, event, text(line, "instance"), number(line, "fencing_token"),
                              text(line, "reason"), text(line, "message")});
    }
    return !event.empty();
  }

  // Processes are read one after the other. The lines of one process are in order; those of two
  // need not be.
  void finish() {
    const auto earlier = [](const entry& a, const entry& b) { return a.t < b.t; };
    std::stable_sort(out_.entries.begin(), out_.entries.end(), earlier);
    const nanos last = std::max(out_.over, out_.entries.empty() ? 0 : out_.entries.back().t);
    if (out_.over == 0) out_.over = last;
    for (const auto& [id, index] : open_) out_.faults[index].ended = last;
  }

 private:
  bool began(const rapidjson::Document& line, nanos t) {
    const auto kind = fault_named(text(line, "kind"));
    if (!kind) return false;
    out_.faults.push_back({*kind, text(line, "target"), t, t, text(line, "note")});
    if (facts(*kind).lasts) open_[number(line, "id")] = out_.faults.size() - 1;
    return true;
  }

  void ended(const rapidjson::Document& line, nanos t) {
    const auto found = open_.find(number(line, "id"));
    if (found == open_.end()) return;
    out_.faults[found->second].ended = t;
    open_.erase(found);
  }

  history& out_;
  std::map<std::int64_t, std::size_t> open_;  // faults by their number
};

}  // namespace

bool parse(const std::vector<std::string>& lines, history& out, std::string& problem) {
  reader all(out);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (all.take(lines[i])) continue;
    problem = "line " + std::to_string(i + 1) + " is not a line of a history: " + lines[i];
    return false;
  }
  all.finish();
  return true;
}

}  // namespace tenure::chaos
