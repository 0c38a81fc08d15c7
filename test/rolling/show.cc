#include "test/rolling/show.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>

#include "test/chaos/svg.hpp"

namespace tenure::rolling {

namespace {

constexpr const char* colours[] = {"#4269d0", "#3ca951", "#c98a00", "#a463f2", "#2a9d9d"};
constexpr double left = 70, right = 20, top = 74, lane = 15, bar = 11;
constexpr double width = 1400;
constexpr std::size_t widest = 100;  // of a terminal

const char* colour_of(const std::string& who, const std::vector<std::string>& instances) {
  const auto at = std::find(instances.begin(), instances.end(), who) - instances.begin();
  return colours[static_cast<std::size_t>(at) % (sizeof colours / sizeof *colours)];
}

}  // namespace

std::vector<std::string> column_names(const std::vector<std::string>& jobs) {
  if (jobs.empty()) return {};
  std::size_t common = jobs.front().size();
  std::size_t longest = 0;
  for (const std::string& each : jobs) {
    const auto parts =
        std::mismatch(each.begin(), each.end(), jobs.front().begin(), jobs.front().end());
    common = std::min(common, static_cast<std::size_t>(parts.first - each.begin()));
    longest = std::max(longest, each.size());
  }
  std::vector<std::string> lines;
  for (std::size_t at = common; at < longest; ++at) {
    char head[64];
    std::snprintf(head, sizeof head, "  %-13s",
                  at == common ? (jobs.front().substr(0, common)).c_str() : "");
    lines.emplace_back(head);
    for (const std::string& each : jobs) lines.back() += at < each.size() ? each[at] : ' ';
  }
  const bool fits = lines.empty() || lines.front().size() <= widest;
  return fits ? lines : std::vector<std::string>();
}

table::table(std::vector<std::string> instances, std::vector<std::string> jobs)
    : instances_(std::move(instances)),
      jobs_(std::move(jobs)),
      names_(column_names(jobs_)),
      terminal_(isatty(STDOUT_FILENO) == 1) {}

void table::show(const ledger& now, const std::string& phase) {
  std::string text;
  for (const std::string& line : names_) text += line + "\n";
  for (const std::string& who : instances_) {
    char head[64];
    std::snprintf(head, sizeof head, "  %-8s %3zu  ", who.c_str(), now.share(who));
    text += head;
    for (const std::string& job : jobs_) {
      const auto at = now.runs().find(job);
      text += at != now.runs().end() && at->second == who ? "#" : ".";
    }
    text += "\n";
  }
  if (terminal_) {
    if (text + phase == last_) return;
    last_ = text + phase;
    if (drawn_) std::printf("\033[%zuA", names_.size() + instances_.size() + 1);
    std::printf("\033[2K%s\n%s", phase.c_str(), text.c_str());
    drawn_ = true;
  } else {
    std::string line = "  " + phase + ":";
    for (const std::string& who : instances_)
      line += " " + who + " " + std::to_string(now.share(who));
    if (line == last_) return;
    last_ = line;
    std::printf("%s\n", line.c_str());
  }
  std::fflush(stdout);
}

// Closed before it is judged: a full disk is often told no earlier.
error write_file(const std::string& path, const std::string& text) {
  if (text.empty()) return {errc::system, path + ": there is nothing to write", 0};
  std::ofstream out(path);
  out << text;
  out.close();
  if (out) return {};
  return {errc::system, path + " could not be written: " + std::strerror(errno), 0};
}

std::string draw(const std::vector<span>& spans, const std::vector<std::string>& instances,
                 const std::vector<restart>& restarts, const std::string& title) {
  if (spans.empty()) return {};
  nanos begin = spans.front().from;
  nanos end = begin;
  std::set<std::string> jobs;
  for (const span& each : spans) {
    begin = std::min(begin, each.from);
    end = std::max(end, each.to.value_or(each.from));
    jobs.insert(each.job);
  }
  const double scale =
      (width - left - right) / static_cast<double>(std::max<nanos>(end - begin, 1));
  const auto x = [&](nanos t) { return left + static_cast<double>(t - begin) * scale; };
  const double bottom = top + lane * static_cast<double>(jobs.size());

  chaos::svg_page page;
  page.rect(0, 0, width, bottom + 40, "#ffffff");
  page.text(left, 28, title, {18, "#0f172a", true, "start"});
  double legend = left;
  for (const std::string& who : instances) {
    page.rect(legend, 40, 14, 10, colour_of(who, instances), 1, 2);
    page.text(legend + 20, 50, who, {12, "#334155"});
    legend += 90;
  }
  for (const restart& each : restarts) {
    page.rect(x(each.told), top - 4, std::max(1.5, x(each.again) - x(each.told)), bottom - top + 8,
              "#c2410c", 0.12);
    page.text(x(each.told), top - 8, each.who + " restarts", {11, "#c2410c"});
  }
  double y = top;
  for (const std::string& job : jobs) {
    page.text(left - 8, y + bar - 1, job, {10, "#334155", false, "end"});
    for (const span& each : spans) {
      if (each.job != job) continue;
      const double from = x(each.from);
      page.rect(from, y, std::max(0.5, x(each.to.value_or(end)) - from), bar,
                colour_of(each.who, instances));
    }
    y += lane;
  }
  const nanos second = 1'000'000'000;
  for (nanos t = 0; begin + t <= end; t += 2 * second) {
    page.text(x(begin + t), bottom + 18, std::to_string(t / second) + " s",
              {11, "#64748b", false, "middle"});
  }
  return page.finish(width, bottom + 40);
}

}  // namespace tenure::rolling
