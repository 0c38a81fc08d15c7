#include "test/chaos/terms.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

namespace tenure::chaos {
namespace {

class term_reader {
 public:
  term_reader(const history& of, const allowances& allowed, std::vector<std::string>& violations)
      : of_(of), allowed_(allowed), violations_(violations), last_(of.over) {}

  std::vector<term> read() {
    for (const entry& each : of_.entries) take(each);
    for (const auto& [who, state] : now_) {
      if (state.in_office && !state.cancelled) done_[state.index].end = last_;
    }
    for (term& each : done_) find_working(each);
    return std::move(done_);
  }

 private:
  struct standing {
    std::size_t index = 0;   // of the latest term
    bool in_office = false;  // acquired, and neither lost nor resigned yet
    bool cancelled = false;
  };

  void take(const entry& line) {
    last_ = std::max(last_, line.t);
    standing& state = now_[line.who];
    if (line.event == "acquired") return acquired(line, state);
    if (line.event == "cancelled") return cancelled(line, state);
    if (line.event == "lost" || (line.event == "resigned" && line.token != 0))
      return over(line, state);
    if (line.event == "killed") return gone(line, state);
    if (line.event == "ended") {
      if (line.t < of_.over || line.reason != "exit code 0")
        complain(line, "ended by itself: " + line.reason);
      gone(line, state);
    }
  }

  void acquired(const entry& line, standing& state) {
    if (state.in_office) {
      complain(line, "acquired while its term " + std::to_string(done_[state.index].token) +
                         " was not over");
      if (!state.cancelled) finish(done_[state.index], line.t, ending::cancelled, "never told");
    }
    state = {done_.size(), true, false};
    term fresh;
    fresh.who = line.who;
    fresh.token = line.token;
    fresh.acquired = line.t;
    done_.push_back(std::move(fresh));
  }

  void cancelled(const entry& line, standing& state) {
    if (!state.in_office || state.cancelled || done_[state.index].token != line.token) {
      return complain(line,
                      "cancelled the term " + std::to_string(line.token) + ", which it was not in");
    }
    state.cancelled = true;
    const ending how = line.reason == "resigned" || line.reason == "session_closed"
                           ? ending::resigned
                           : ending::cancelled;
    finish(done_[state.index], line.t, how, line.reason);
  }

  void over(const entry& line, standing& state) {
    if (!state.in_office || done_[state.index].token != line.token) {
      return complain(
          line, line.event + " the term " + std::to_string(line.token) + ", which it was not in");
    }
    if (!state.cancelled) {
      complain(line, line.event + " the term " + std::to_string(line.token) +
                         " before its token was cancelled");
      finish(done_[state.index], line.t,
             line.event == "lost" ? ending::cancelled : ending::resigned, line.reason);
    }
    state.in_office = false;
  }

  void gone(const entry& line, standing& state) {
    if (state.in_office && !state.cancelled) finish(done_[state.index], line.t, ending::killed, "");
    state = {};
  }

  static void finish(term& one, nanos t, ending how, const std::string& reason) {
    one.end = one.told = t;
    one.how = how;
    one.reason = reason;
  }

  // See the head of checker.hpp for why frozen times are no work.
  void find_working(term& one) const {
    nanos from = one.acquired;
    for (const applied_fault& each : of_.faults) {
      if (each.kind != fault_kind::freeze || each.target != one.who) continue;
      if (each.ended <= one.acquired || each.began >= one.end) continue;
      if (each.began > from) one.working.emplace_back(from, each.began);
      from = std::max(one.acquired, each.ended);
      const bool said_at_once =
          one.how == ending::cancelled && one.told <= each.ended + allowed_.wake;
      if (!said_at_once && one.end > each.ended) continue;
      one.end = std::max(one.acquired, each.began);
      one.frozen_out = true;
      return;
    }
    if (one.end > from) one.working.emplace_back(from, one.end);
  }

  void complain(const entry& line, const std::string& what) {
    violations_.push_back(in_s(line.t - of_.began) + ": " + line.who + " " + what);
  }

  const history& of_;
  const allowances& allowed_;
  std::vector<std::string>& violations_;
  std::map<std::string, standing> now_;
  std::vector<term> done_;
  nanos last_;  // the end of the run, or the last line after it
};

// When more than `most` different targets of such faults were struck at once.
template <class Predicate>
void struck(const history& of, int most, Predicate&& counts,
            std::vector<std::pair<nanos, nanos>>& out) {
  std::set<nanos> moments;
  for (const applied_fault& each : of.faults) {
    if (counts(each.kind)) moments.insert({each.began, each.ended});
  }
  for (auto next = moments.begin(); next != moments.end(); ++next) {
    const nanos from = *next;
    const nanos to = std::next(next) == moments.end() ? from : *std::next(next);
    std::set<std::string> targets;
    for (const applied_fault& each : of.faults) {
      if (counts(each.kind) && each.began <= from && each.ended > from) targets.insert(each.target);
    }
    if (static_cast<int>(targets.size()) <= most) continue;
    if (!out.empty() && out.back().second == from) {
      out.back().second = to;
    } else {
      out.emplace_back(from, to);
    }
  }
}

}  // namespace

std::vector<term> terms_of(const history& of, const allowances& allowed,
                           std::vector<std::string>& violations) {
  return term_reader(of, allowed, violations).read();
}

std::vector<std::pair<nanos, nanos>> without_quorum(const history& of) {
  std::vector<std::pair<nanos, nanos>> out;
  const auto silences = [&of](fault_kind kind) {
    return stops_member(kind) || cuts_everybody(of, kind);
  };
  struck(of, (of.members - 1) / 2, silences, out);
  return out;
}

std::vector<std::pair<nanos, nanos>> outages(const history& of) {
  std::vector<std::pair<nanos, nanos>> out = without_quorum(of);
  const auto disables = [](fault_kind kind) {
    return facts(kind).on == victim::candidate && facts(kind).costs == cost::own_term &&
           !tampers(kind);
  };
  struck(of, of.candidates - 1, disables, out);
  return out;
}

std::string in_s(nanos t) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f s", static_cast<double>(t) / 1e9);
  return text;
}

}  // namespace tenure::chaos
