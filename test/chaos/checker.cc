#include "test/chaos/checker.hpp"

#include <algorithm>
#include <cstdio>

#include "test/chaos/losses.hpp"
#include "test/chaos/terms.hpp"

namespace tenure::chaos {
namespace {

constexpr nanos clock_slack = 50 * millisecond;  // between a fault and the line about it

class judge {
 public:
  judge(const history& of, const allowances& allowed) : of_(of), allowed_(allowed) {}

  verdict pass() {
    out_.terms = terms_of(of_, allowed_, out_.violations);
    tokens();
    overlaps();
    losses();
    margins();
    gaps();
    return std::move(out_);
  }

 private:
  void tokens() {
    for (std::size_t i = 1; i < out_.terms.size(); ++i) {
      const term& before = out_.terms[i - 1];
      const term& now = out_.terms[i];
      if (now.token > before.token) continue;
      complain(now.acquired, now.who + " was given the fencing token " + std::to_string(now.token) +
                                 ", not above " + std::to_string(before.token) + " of " +
                                 before.who + " before it");
    }
  }

  void overlaps() {
    for (std::size_t i = 0; i < out_.terms.size(); ++i) {
      for (std::size_t j = i + 1; j < out_.terms.size(); ++j) {
        for (const auto& mine : out_.terms[i].working) {
          for (const auto& other : out_.terms[j].working) {
            const nanos from = std::max(mine.first, other.first);
            const nanos to = std::min(mine.second, other.second);
            if (from < to) overlap(out_.terms[i], out_.terms[j], from, to);
          }
        }
      }
    }
  }

  void overlap(const term& older, const term& newer, nanos from, nanos to) {
    if (by_hand(older, from, to)) {
      ++out_.overlaps_by_hand;
    } else if (by_etcd(older, from, to)) {
      ++out_.overlaps_by_etcd;
    } else {
      complain(from, "two leaders for " + in_s(to - from) + ": " + older.who + " (token " +
                         std::to_string(older.token) + ") until " + at(older.end) + " and " +
                         newer.who + " (token " + std::to_string(newer.token) + ") from " +
                         at(newer.acquired));
    }
  }

  bool by_hand(const term& older, nanos from, nanos to) const {
    return any_fault([&](const applied_fault& each) {
      return tampers(each.kind) && each.target == older.who && each.began <= from &&
             to <= each.ended + allowed_.push;
    });
  }

  bool taken_by_hand(const term& one) const {
    return any_fault([&](const applied_fault& each) {
      return tampers(each.kind) && each.target == one.who && each.began <= one.told &&
             one.told <= each.ended + allowed_.push;
    });
  }

  bool by_etcd(const term& older, nanos from, nanos to) const {
    if (!revokes_when_it_wakes(of_.etcd)) return false;
    const bool told = older.reason == "key_deleted" || older.reason == "lease_expired";
    if (!told || to - from > allowed_.push) return false;
    return any_fault([&](const applied_fault& each) {
      if (each.kind == fault_kind::member_slow)
        return each.began <= from && from <= each.ended + second;
      return each.kind == fault_kind::member_freeze && each.ended <= from &&
             from <= each.ended + second;
    });
  }

  // Whoever lost a leadership was hurt by something that may cost it.
  void losses() {
    for (const term& each : out_.terms) {
      if (each.how != ending::cancelled || each.told > of_.over) continue;
      if (loss_is_explained(of_, allowed_, each)) continue;
      complain(each.told, each.who + " lost its leadership (" + each.reason + ", token " +
                              std::to_string(each.token) + ") without a fault that may cost it");
    }
  }

  void margins() {
    for (std::size_t i = 1; i < out_.terms.size(); ++i) {
      const term& old = out_.terms[i - 1];
      const term& now = out_.terms[i];
      if (old.who != now.who) ++out_.handovers;
      // What was taken by hand, or lost asleep, says nothing about how far from the edge we are.
      if (old.frozen_out || taken_by_hand(old) || now.acquired > of_.over || old.who == now.who)
        continue;
      std::optional<nanos>& worst =
          old.how == ending::resigned ? out_.margin_of_handover : out_.margin_of_loss;
      if (old.how != ending::resigned && old.how != ending::cancelled) continue;
      // Excused overlaps are counted by themselves.
      const nanos margin = now.acquired - old.end;
      if (margin < 0) continue;
      worst = std::min(worst.value_or(margin), margin);
      if (old.how == ending::cancelled && silenced(old, now.acquired)) {
        out_.margin_of_expiry = std::min(out_.margin_of_expiry.value_or(margin), margin);
      }
    }
  }

  // From its loss until the next one led, it could not give its key back.
  bool silenced(const term& old, nanos until) const {
    return any_fault([&](const applied_fault& each) {
      const bool swallows = each.kind == fault_kind::hole || each.kind == fault_kind::hole_out ||
                            each.kind == fault_kind::cut;
      return swallows && each.target == old.who && each.began <= old.told && until <= each.ended;
    });
  }

  void gaps() {
    const std::vector<std::pair<nanos, nanos>> out = outages(of_);
    nanos led_to = of_.began;
    for (const term& each : out_.terms) {
      no_leader(led_to, std::min(each.acquired, of_.over), out);
      out_.led +=
          std::max<nanos>(0, std::min(each.end, of_.over) - std::max(each.acquired, led_to));
      led_to = std::max(led_to, each.end);
    }
    no_leader(led_to, of_.over, out);
  }

  void no_leader(nanos from, nanos to, const std::vector<std::pair<nanos, nanos>>& out) {
    if (from >= to) return;
    const nanos limit = explained_until(from, out);
    out_.gaps.push_back({from, to, limit});
    out_.worst_gap = std::max(out_.worst_gap, to - from);
    if (to <= limit) return;
    complain(from, "nobody led for " + in_s(to - from) + ", until " + at(to) +
                       "; the faults explain it until " + at(limit));
  }

  // Whether its end may cost time again. A member that comes back may force an election. A slow
  // link keeps a lease alive that nobody gets to use. But a lease that could not be renewed is gone
  // when its bound is over.
  static bool end_disturbs(fault_kind kind) {
    return kind == fault_kind::member_freeze || kind == fault_kind::member_isolated ||
           kind == fault_kind::member_slow || kind == fault_kind::delay ||
           kind == fault_kind::throttle || tampers(kind);
  }

  // A fault that begins while the gap is still explained explains it for some time more. So does
  // the end of some faults. While nobody can lead at all, for want of a quorum or a candidate, the
  // gap is explained.
  nanos explained_until(nanos from, const std::vector<std::pair<nanos, nanos>>& out) const {
    std::vector<std::pair<nanos, nanos>> moments;  // when, and what it explains
    moments.emplace_back(of_.began, of_.began + allowed_.start);
    for (const applied_fault& each : of_.faults) {
      moments.emplace_back(each.began, each.began + bound(each.kind));
      if (end_disturbs(each.kind)) moments.emplace_back(each.ended, each.ended + bound(each.kind));
    }
    for (const auto& [begins, ends] : out) moments.emplace_back(begins, ends + crash_bound());
    std::sort(moments.begin(), moments.end());
    nanos limit = from + allowed_.handover;
    for (const auto& [t, until] : moments) {
      if (t <= limit + clock_slack) limit = std::max(limit, until);
    }
    return limit;
  }

  nanos crash_bound() const { return 2 * of_.ttl + allowed_.election + allowed_.slack; }

  nanos bound(fault_kind kind) const {
    if (kind == fault_kind::hand_over) return allowed_.handover;
    // A change of etcd's leader starts every lease afresh, also one whose owner is dead.
    if (facts(kind).on != victim::candidate && kind != fault_kind::member_cut) return crash_bound();
    return of_.ttl + allowed_.expiry + allowed_.slack;
  }

  template <class Predicate>
  bool any_fault(Predicate&& holds) const {
    return std::any_of(of_.faults.begin(), of_.faults.end(), holds);
  }

  std::string at(nanos t) const { return in_s(t - of_.began); }
  void complain(nanos t, const std::string& what) {
    out_.violations.push_back(at(t) + ": " + what);
  }

  const history& of_;
  const allowances& allowed_;
  verdict out_;
};

}  // namespace

verdict check(const history& of, const allowances& allowed) { return judge(of, allowed).pass(); }

std::string shows_too_little(const history& of, const verdict& judged) {
  if (of.over - of.began < std::max(60 * second, 20 * of.ttl) - second || judged.margin_of_expiry)
    return "";
  return "in " + in_s(of.over - of.began) +
         " nobody took over from a leader whose lease had to expire: the deadline was not tried";
}

}  // namespace tenure::chaos
