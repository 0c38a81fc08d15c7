#include "test/chaos/losses.hpp"

#include <algorithm>
#include <cstdio>

#include "test/chaos/terms.hpp"

namespace tenure::chaos {
namespace {

constexpr nanos clock_slack = 50 * millisecond;  // between a fault and the line about it
constexpr nanos heard_late = second;             // of a new leader of etcd, at most

class loss {
 public:
  loss(const history& of, const allowances& allowed, const term& lost)
      : of_(of), allowed_(allowed), who_(lost.who), told_(lost.told) {}

  bool explained() const {
    const auto no_quorum = without_quorum(of_);
    const auto etcd_could_not = [&](const auto& out) {
      return told_within(out.first, out.second + no_longer_than());
    };
    if (std::any_of(no_quorum.begin(), no_quorum.end(), etcd_could_not)) return true;
    return std::any_of(of_.faults.begin(), of_.faults.end(),
                       [&](const applied_fault& each) { return by(each); });
  }

 private:
  bool by(const applied_fault& fault) const {
    switch (facts(fault.kind).costs) {
      case cost::nothing: return false;
      case cost::own_term:
        return fault.target == who_ &&
               told_within(fault.began, fault.ended + of_.ttl + allowed_.slack);
      case cost::every_term: return by_member(fault);
    }
    return false;
  }

  bool by_member(const applied_fault& fault) const {
    if (led(fault.target, fault.began)) {
      if (told_within(fault.began, fault.began + no_longer_than())) return true;
      if (revokes_when_it_wakes(of_.etcd) &&
          told_within(fault.ended, fault.ended + second + allowed_.push))
        return true;
    }
    // It goes on as leader, in fits and starts.
    const bool slow = fault.kind == fault_kind::member_slow &&
                      led_between(fault.target, fault.began, fault.ended);
    if (slow && told_within(fault.began, fault.ended + no_longer_than())) return true;
    for (std::size_t i = 1; i < of_.etcd_leaders.size(); ++i) {
      const nanos elected = of_.etcd_leaders[i].since;
      const bool because_of_it =
          elected >= fault.began && elected <= fault.ended + allowed_.election + heard_late;
      if (because_of_it &&
          told_within(elected - allowed_.election - heard_late, elected + of_.ttl + allowed_.slack))
        return true;
    }
    return false;
  }

  bool led(const std::string& member, nanos t) const {
    return led_between(member, t - heard_late, t + heard_late);
  }

  bool led_between(const std::string& member, nanos from, nanos to) const {
    for (std::size_t i = 0; i < of_.etcd_leaders.size(); ++i) {
      const nanos until =
          i + 1 < of_.etcd_leaders.size() ? of_.etcd_leaders[i + 1].since : of_.over;
      if (of_.etcd_leaders[i].member == member && of_.etcd_leaders[i].since <= to && until >= from)
        return true;
    }
    return false;
  }

  // From the last renewal before an election, or the end of an outage, to the deadline.
  nanos no_longer_than() const { return allowed_.election + of_.ttl + allowed_.slack; }

  bool told_within(nanos from, nanos to) const {
    return from <= told_ + clock_slack && told_ <= to;
  }

  const history& of_;
  const allowances& allowed_;
  const std::string& who_;
  const nanos told_;
};

}  // namespace

bool revokes_when_it_wakes(const std::string& version) {
  int major = 0;
  int minor = 0;
  int patch = 0;
  if (std::sscanf(version.c_str(), "%d.%d.%d", &major, &minor, &patch) != 3 || major != 3)
    return false;
  return minor < 4 || (minor == 4 && patch < 31) || (minor == 5 && patch < 13);
}

bool loss_is_explained(const history& of, const allowances& allowed, const term& lost) {
  return loss(of, allowed, lost).explained();
}

}  // namespace tenure::chaos
