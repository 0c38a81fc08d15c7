#include "test/bench/sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "test/bench/raw.hpp"

namespace bench {

namespace {

std::string number(double value) {
  char text[32];
  const int decimals = value == 0 || std::fabs(value) >= 100 ? 0
                       : std::fabs(value) >= 10              ? 1
                       : std::fabs(value) >= 0.1             ? 2
                                                             : 4;
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string target(const figure& f) {
  if (f.limit == 0) return "";
  return "<= " + number(f.limit) + (f.limit_is_ratio ? " x" : "");
}

std::string verdict(const figure& f) {
  if (f.limit == 0) return "";
  if (f.met()) return "met";
  return "missed by " + number((f.judged() / f.limit - 1) * 100) + " %";
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

double sample::quantile(double q) const {
  if (values_.empty()) return 0;
  std::sort(values_.begin(), values_.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values_.size())));
  return values_[std::max<std::size_t>(rank, 1) - 1];
}

std::string sample::times() const {
  return std::to_string(size()) + " times" +
         (size() < 100 ? ": of fewer than 100 the p99 is the worst" : "");
}

void report::section(std::string name) { parts_.push_back({std::move(name), {}, {}}); }

void report::add(figure f) { parts_.back().figures.push_back(std::move(f)); }

void report::note(std::string text) { parts_.back().notes.push_back(std::move(text)); }

void report::print_section() const {
  const part& p = parts_.back();
  std::printf("\n%s\n", p.name.c_str());
  std::printf("  %-52s %10s  %-8s %-24s %8s %10s  %s\n", "figure", "measured", "", "beside it",
              "ratio", "target", "");
  for (const figure& f : p.figures) {
    const std::string beside = f.reference != 0 ? f.beside + " " + number(f.reference) : f.beside;
    std::printf("  %-52s %10s  %-8s %-24s %8s %10s  %s\n", f.name.c_str(),
                number(f.measured).c_str(), f.unit.c_str(), beside.c_str(),
                f.reference != 0 ? number(f.ratio()).c_str() : "", target(f).c_str(),
                verdict(f).c_str());
  }
  for (const std::string& text : p.notes) std::printf("  %s\n", text.c_str());
  std::fflush(stdout);
}

void report::print_misses() const {
  std::size_t judged = 0;
  std::size_t met = 0;
  std::printf("\n");
  for (const part& p : parts_) {
    for (const figure& f : p.figures) {
      judged += f.limit != 0 ? 1 : 0;
      met += f.limit != 0 && f.met() ? 1 : 0;
      if (!f.met()) {
        std::printf("missed: %s: %s: %s, target %s\n", p.name.c_str(), f.name.c_str(),
                    number(f.judged()).c_str(), target(f).c_str());
      }
    }
  }
  std::printf("%zu of %zu targets met\n", met, judged);
}

void report::write_json(const std::string& path) const {
  std::FILE* out = std::fopen(path.c_str(), "we");
  if (out == nullptr) fail("cannot write " + path);
  std::fprintf(out, "[");
  const char* separator = "";
  for (const part& p : parts_) {
    for (const figure& f : p.figures) {
      std::fprintf(out, "%s\n{\"section\":%s,\"figure\":%s,\"unit\":%s,\"measured\":%.9g",
                   separator, quoted(p.name).c_str(), quoted(f.name).c_str(),
                   quoted(f.unit).c_str(), f.measured);
      if (f.reference != 0) {
        std::fprintf(out, ",\"beside\":%s,\"reference\":%.9g,\"ratio\":%.9g",
                     quoted(f.beside).c_str(), f.reference, f.ratio());
      }
      if (f.limit != 0) {
        std::fprintf(out, ",\"limit\":%.9g,\"limit_of\":\"%s\",\"met\":%s", f.limit,
                     f.limit_is_ratio ? "ratio" : "measured", f.met() ? "true" : "false");
      }
      std::fprintf(out, "}");
      separator = ",";
    }
    for (const std::string& text : p.notes) {
      std::fprintf(out, "%s\n{\"section\":%s,\"note\":%s}", separator, quoted(p.name).c_str(),
                   quoted(text).c_str());
      separator = ",";
    }
  }
  std::fprintf(out, "\n]\n");
  if (std::fclose(out) != 0) fail("cannot write " + path);
}

}  // namespace bench
