#include "test/chaos/timeline.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string_view>
#include <vector>

#include "test/chaos/svg.hpp"
#include "test/chaos/terms.hpp"

namespace tenure::chaos {
namespace {

constexpr double left = 86, right = 28, top = 96;
constexpr double leader_lane = 46, candidate_lane = 62, member_lane = 40;
constexpr double bar = 22, strip = 9;

// One term after the other must differ; red is kept for what must not be.
constexpr const char* term_colours[] = {"#4269d0", "#3ca951", "#c98a00", "#a463f2",
                                        "#2a9d9d", "#d6619e", "#8a6a4f", "#6a8fd8"};

struct look {
  const char* colour;
  std::string_view meaning;
};
constexpr look packets{"#64748b", "packets lost, late or cut"};
constexpr look processes{"#c2410c", "process frozen, killed, restarted"};
constexpr look hands{"#be185d", "by hand: deleted, revoked, told to go"};

look look_of(fault_kind kind) {
  switch (kind) {
    case fault_kind::freeze:
    case fault_kind::kill:
    case fault_kind::member_freeze:
    case fault_kind::member_kill:
    case fault_kind::member_restart:
    case fault_kind::member_rolled:
    case fault_kind::member_slow:
    case fault_kind::quorum_lost:
    case fault_kind::rolling_restart: return processes;
    case fault_kind::hand_over:
    case fault_kind::delete_key:
    case fault_kind::revoke_lease:
    case fault_kind::move_leader: return hands;
    default: return packets;
  }
}

class drawing {
 public:
  drawing(const history& of, const verdict& judged) : of_(of), judged_(judged) {
    const double seconds = static_cast<double>(end() - of.began) / 1e9;
    width_ = std::max(1400.0, left + right + seconds * 16);
    scale_ = (width_ - left - right) / static_cast<double>(end() - of.began);
  }

  std::string draw() {
    head();
    lanes();
    grid();
    for (const auto& each : judged_.gaps) gap_mark(each);
    for (std::size_t i = 0; i < judged_.terms.size(); ++i) term_bars(i);
    for (const applied_fault& each : of_.faults) freeze_mark(each);
    etcd_leaders();
    for (const applied_fault& each : of_.faults) fault_mark(each);
    legend();
    return page_.finish(width_, bottom_);
  }

 private:
  [[nodiscard]] nanos end() const { return std::max(of_.over, of_.began + 1); }
  [[nodiscard]] double x(nanos t) const {
    return left + static_cast<double>(std::clamp(t, of_.began, end()) - of_.began) * scale_;
  }

  void head() {
    const bool good = judged_.violations.empty();
    page_.text(left, 36, "Who led when", {22, "#0f172a", true});
    std::string facts_line = "seed " + of_.seed +
                             "   ·   etcd members: " + std::to_string(of_.members) +
                             "   ·   candidates: " + std::to_string(of_.candidates) +
                             "   ·   TTL " + in_s(of_.ttl).substr(0, 3) + " s";
    facts_line += "   ·   " + std::to_string(judged_.terms.size()) + " terms, " +
                  std::to_string(judged_.handovers) + " handovers";
    if (judged_.margin_of_loss)
      facts_line += "   ·   least margin after a loss " + in_s(*judged_.margin_of_loss);
    facts_line += "   ·   longest time without a leader " + in_s(judged_.worst_gap);
    page_.text(left, 60, facts_line, {13, "#475569"});
    const std::string verdict_line =
        good ? "never two leaders" : std::to_string(judged_.violations.size()) + " violations";
    page_.text(left + 190, 36, verdict_line, {15, good ? "#15803d" : "#dc2626", true});
  }

  void lane(const std::string& name, const std::string& label, double height) {
    lane_at_[name] = bottom_;
    page_.rect(0, bottom_, width_, height, lane_at_.size() % 2 == 0 ? "#f8fafc" : "#ffffff");
    page_.text(left - 14, bottom_ + 21, label, {13, "#334155", true, "end"});
    bottom_ += height;
  }

  void lanes() {
    bottom_ = top;
    lane("", "leader", leader_lane);
    page_.rect(0, bottom_ - 1, width_, 1, "#cbd5e1");
    for (int i = 0; i < of_.candidates; ++i)
      lane("c" + std::to_string(i), "c" + std::to_string(i), candidate_lane);
    page_.rect(0, bottom_, width_, 1, "#cbd5e1");
    const bool on_etcd =
        std::any_of(of_.faults.begin(), of_.faults.end(),
                    [](const applied_fault& each) { return each.target == "etcd"; });
    if (on_etcd) lane("etcd", "etcd", member_lane);
    for (int i = 0; i < of_.members; ++i)
      lane("m" + std::to_string(i), "m" + std::to_string(i), member_lane);
    page_.rect(0, bottom_, width_, 1, "#cbd5e1");
  }

  void grid() {
    const nanos step = (end() - of_.began > 200 * second ? 30 : 5) * second;
    for (nanos t = of_.began; t <= end(); t += step) {
      page_.rect(x(t), top - 6, 1, bottom_ - top + 12, "#e2e8f0");
      const std::string label = std::to_string((t - of_.began) / second) + " s";
      page_.text(x(t), top - 12, label, {11, "#64748b", false, "middle"});
      page_.text(x(t), bottom_ + 20, label, {11, "#64748b", false, "middle"});
    }
    bottom_ += 30;
  }

  void gap_mark(const gap& each) {
    const double y = lane_at_[""] + 8;
    const double w = x(each.to) - x(each.from);
    const bool bad = each.to > each.allowed_to;
    page_.rect(x(each.from), y, w, bar, bad ? "#dc2626" : "#fee2e2");
    if (w > 34)
      page_.text(x(each.from) + w / 2, y + 15, in_s(each.to - each.from).substr(0, 3) + " s",
                 {10, bad ? "#ffffff" : "#b91c1c", false, "middle"});
  }

  void term_bars(std::size_t index) {
    const term& one = judged_.terms[index];
    if (one.acquired >= of_.over) return;
    const char* colour = term_colours[index % std::size(term_colours)];
    for (const std::string& lane : {std::string(), one.who}) {
      if (lane_at_.count(lane) == 0) continue;
      const double y = lane_at_[lane] + 8;
      const double w = std::max(2.0, x(one.end) - x(one.acquired));
      // In the common lane two leaders would be seen to lie over each other.
      page_.rect(x(one.acquired), y, w, bar, colour, lane.empty() ? 0.9 : 1.0, 3);
      if (w > 30)
        page_.text(x(one.acquired) + 6, y + 15, lane.empty() ? one.who : std::to_string(one.token),
                   {11, "#ffffff", true});
      if (one.how == ending::killed && !lane.empty())
        page_.cross(x(one.end), y + bar / 2, 5, "#7c2d12");
    }
  }

  // The bar goes on while its process is frozen, if it wakes as leader: shown as no work.
  void freeze_mark(const applied_fault& each) {
    if (each.kind != fault_kind::freeze || lane_at_.count(each.target) == 0) return;
    for (const term& one : judged_.terms) {
      if (one.who != each.target || one.acquired >= each.ended || one.end <= each.began) continue;
      const double from = x(std::max(one.acquired, each.began));
      page_.hatched(from, lane_at_[each.target] + 8, x(std::min(one.end, each.ended)) - from, bar);
    }
  }

  void etcd_leaders() {
    for (std::size_t i = 0; i < of_.etcd_leaders.size(); ++i) {
      const auto& [since, member, term] = of_.etcd_leaders[i];
      const nanos until = i + 1 < of_.etcd_leaders.size() ? of_.etcd_leaders[i + 1].since : end();
      if (lane_at_.count(member) == 0) continue;
      page_.rect(x(since), lane_at_[member] + 5, std::max(1.0, x(until) - x(since)), 5, "#94d2bd",
                 1, 2);
    }
  }

  void fault_mark(const applied_fault& each) {
    if (lane_at_.count(each.target) == 0) return;
    const look how = look_of(each.kind);
    const bool on_candidate = facts(each.kind).on == victim::candidate;
    const double y = lane_at_[each.target] + (on_candidate ? 35 : 14);
    const double from = x(each.began);
    const double w = x(each.ended) - from;
    if (w < 4) {
      page_.diamond(from, y + strip / 2, 5, how.colour);
    } else {
      page_.rect(from, y, w, strip, how.colour, 0.85, 2);
    }
    if (on_candidate) page_.rect(from, lane_at_[each.target] + 5, 1, 30, how.colour, 0.5);
    const std::string label(facts(each.kind).shown);
    // Beside the one before if it would lie on it.
    const double label_w = static_cast<double>(label.size()) * 5.6;
    double at = std::min(from, width_ - right - label_w);
    double& taken = label_end_[each.target];
    if (at < taken) at = taken;
    taken = at + label_w + 6;
    page_.text(at, y + strip + 11, label, {10, how.colour});
  }

  void legend() {
    bottom_ += 18;
    double at = left;
    const auto entry = [&](const std::string& meaning, auto&& sign) {
      const double needed = 26 + static_cast<double>(meaning.size()) * 6.9 + 20;
      if (at + needed > width_ - right) {
        at = left;
        bottom_ += 24;
      }
      sign(at);
      page_.text(at + 26, bottom_ + 9, meaning, {12, "#334155"});
      at += needed;
    };
    entry("a term, with its fencing token",
          [&](double a) { page_.rect(a, bottom_ - 1, 20, 11, term_colours[0], 1, 3); });
    entry("frozen: no work", [&](double a) {
      page_.rect(a, bottom_ - 1, 20, 11, term_colours[0], 1, 3);
      page_.hatched(a, bottom_ - 1, 20, 11);
    });
    entry("no leader", [&](double a) { page_.rect(a, bottom_ - 1, 20, 11, "#fee2e2"); });
    entry("leads etcd", [&](double a) { page_.rect(a, bottom_ + 2, 20, 5, "#94d2bd", 1, 2); });
    for (const look& each : {packets, processes, hands}) {
      entry(std::string(each.meaning),
            [&](double a) { page_.rect(a, bottom_, 20, strip, each.colour, 0.85, 2); });
    }
    bottom_ += 26;
    for (const std::string& each : judged_.violations) {
      bottom_ += 18;
      page_.text(left, bottom_, each, {13, "#dc2626", true});
    }
    bottom_ += 20;
  }

  const history& of_;
  const verdict& judged_;
  svg_page page_;
  double width_ = 0;
  double scale_ = 0;
  double bottom_ = 0;
  std::map<std::string, double> lane_at_;
  std::map<std::string, double> label_end_;
};

}  // namespace

std::string draw_timeline(const history& of, const verdict& judged) {
  return drawing(of, judged).draw();
}

}  // namespace tenure::chaos
