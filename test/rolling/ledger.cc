#include "test/rolling/ledger.hpp"

#include <rapidjson/document.h>

#include <algorithm>

namespace tenure::rolling {

bool ledger::take(const std::string& line) {
  rapidjson::Document d;
  if (d.Parse(line.c_str()).HasParseError() || !d.IsObject()) return false;
  for (const char* text : {"event", "shard", "instance"}) {
    if (!d.HasMember(text) || !d[text].IsString()) return false;
  }
  if (!d.HasMember("t_ns") || !d["t_ns"].IsInt64()) return false;
  const std::string event = d["event"].GetString();
  if (event != "acquired" && event != "stopped") return true;
  mark m;
  m.t = d["t_ns"].GetInt64();
  m.job = d["shard"].GetString();
  m.who = d["instance"].GetString();
  m.starts = event == "acquired";
  if (m.starts && d.HasMember("fencing_token") && d["fencing_token"].IsInt64())
    m.token = d["fencing_token"].GetInt64();
  if (m.starts) {
    runs_[m.job] = m.who;
  } else if (const auto at = runs_.find(m.job); at != runs_.end() && at->second == m.who) {
    runs_.erase(at);
  }
  marks_.push_back(std::move(m));
  built_ = false;
  return true;
}

// Processes are read one after the other: the lines of one are in order, those of two are not.
void ledger::build() {
  if (built_) return;
  built_ = true;
  std::stable_sort(marks_.begin(), marks_.end(), [](const mark& a, const mark& b) {
    return a.job != b.job ? a.job < b.job : a.t < b.t;
  });
  spans_.clear();
  violations_.clear();
  std::int64_t token = 0;
  for (const mark& m : marks_) {
    span* last = spans_.empty() || spans_.back().job != m.job ? nullptr : &spans_.back();
    if (last == nullptr) token = 0;
    if (!m.starts) {
      if (last == nullptr || last->who != m.who || last->to) {
        violations_.push_back(m.job + ": " + m.who + " stopped what it had not started");
      } else {
        last->to = m.t;
      }
      continue;
    }
    if (last != nullptr && !last->to)
      violations_.push_back(m.job + ": started by " + m.who + " while it ran in " + last->who);
    if (m.token <= token)
      violations_.push_back(m.job + ": the fencing token of " + m.who + " does not grow");
    token = m.token;
    spans_.push_back({m.job, m.who, m.t, std::nullopt});
  }
}

const std::vector<span>& ledger::spans() {
  build();
  return spans_;
}

std::vector<std::string> ledger::violations() {
  build();
  return violations_;
}

std::vector<gap> ledger::gaps(nanos from, nanos to) {
  build();
  std::vector<gap> all;
  for (std::size_t i = 1; i < spans_.size(); ++i) {
    const span& before = spans_[i - 1];
    if (before.job != spans_[i].job || !before.to || *before.to < from || *before.to >= to)
      continue;
    all.push_back({before.job, *before.to, spans_[i].from - *before.to});
  }
  return all;
}

std::size_t ledger::share(const std::string& who) const {
  return static_cast<std::size_t>(std::count_if(
      runs_.begin(), runs_.end(), [&](const auto& each) { return each.second == who; }));
}

}  // namespace tenure::rolling
