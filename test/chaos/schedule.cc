#include "test/chaos/schedule.hpp"

#include <algorithm>
#include <cstdio>

namespace tenure::chaos {
namespace {

// The standard's distributions differ between libraries: one seed would give different schedules.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}

  int from_to(int least, int most) {
    return least + static_cast<int>(next() % static_cast<std::uint64_t>(most - least + 1));
  }
  bool percent(int chance) { return from_to(1, 100) <= chance; }

 private:
  std::uint64_t next() {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

class drawing {
 public:
  explicit drawing(const circumstances& under) : under_(under), dice_(under.seed) {}

  std::vector<planned_fault> run() {
    const int quiet = 2 * under_.ttl_ms + (under_.seconds < 40 ? 0 : 4000);
    end_ = under_.seconds * 1000 - quiet;
    set_pieces();
    for (int at = first_ms; at < end_; at += dice_.from_to(1200, 3200)) at_random(at);
    plans_.insert(plans_.end(), pieces_.begin(), pieces_.end());
    const auto earlier = [](const planned_fault& a, const planned_fault& b) {
      return a.at_ms < b.at_ms;
    };
    std::stable_sort(plans_.begin(), plans_.end(), earlier);
    return std::move(plans_);
  }

 private:
  static constexpr int first_ms = 3000;
  static constexpr int settle_ms = 2000;  // before a set piece, for a member that was hurt

  static int end_of(const planned_fault& plan) { return plan.at_ms + plan.for_ms; }

  // What must be in it, each in an equal part of the time; a black hole is the first.
  void set_pieces() {
    const int room = end_ - first_ms;
    const bool several = under_.members > 1;
    std::vector<fault_kind> kinds(static_cast<std::size_t>(std::max(1, under_.seconds / 30)),
                                  fault_kind::hole);
    if (several)
      kinds.resize(kinds.size() + static_cast<std::size_t>(std::max(1, under_.seconds / 60)),
                   fault_kind::quorum_lost);
    // With a long TTL there is room for fewer: one of each before two of one.
    const auto slot_of = [room](std::size_t pieces) { return room / static_cast<int>(pieces); };
    while (kinds.size() > 1 && slot_of(kinds.size()) < deposing_ms(under_.ttl_ms)) {
      kinds.erase(kinds[1] == fault_kind::hole ? kinds.begin() : kinds.end() - 1);
    }
    const int slot = slot_of(kinds.size());
    if (slot < deposing_ms(under_.ttl_ms)) return;
    for (std::size_t i = kinds.size() - 1; i > 1; --i) {
      std::swap(kinds[i], kinds[static_cast<std::size_t>(dice_.from_to(1, static_cast<int>(i)))]);
    }
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      planned_fault plan;
      plan.kind = kinds[i];
      const int ttl = under_.ttl_ms;
      if (plan.kind == fault_kind::hole) {
        plan.kind = dice_.percent(50) ? fault_kind::hole : fault_kind::hole_out;
        plan.target = whoever_leads;
        plan.leader_only = true;
        plan.for_ms = dice_.from_to(deposing_ms(ttl), std::min(slot, deposing_ms(ttl) + ttl));
      } else {
        plan.for_ms = dice_.from_to(ttl * 13 / 10, std::min(slot - 500, ttl * 2));
        plan.amount =
            dice_.from_to(0, under_.real_cuts ? with_etcds_leader + by_cuts : with_etcds_leader);
      }
      const int from = first_ms + static_cast<int>(i) * slot;
      plan.at_ms = dice_.from_to(from, from + slot - plan.for_ms);
      pieces_.push_back(plan);
    }
  }

  void at_random(int at) {
    if (would_spoil_a_piece(at)) return;
    planned_fault plan = next_kind(at);
    detail(plan);
    if (end_of(plan) > end_) plan.for_ms = end_ - at;
    const bool candidate = facts(plan.kind).on == victim::candidate;
    // The leader of that time must be well, and so must etcd.
    for (const planned_fault& piece : pieces_) {
      if (at < piece.at_ms)
        plan.for_ms = std::min(plan.for_ms, piece.at_ms - at - (candidate ? 0 : settle_ms));
    }
    if (!candidate) member_free_ = end_of(plan) + 2 * under_.ttl_ms;
    plans_.push_back(plan);
  }

  // Two candidates must be left alone: the one it is done to, and another.
  bool would_spoil_a_piece(int at) const {
    return std::any_of(pieces_.begin(), pieces_.end(), [&](const planned_fault& piece) {
      if (at >= piece.at_ms - 500 && at < piece.at_ms + 500) return true;
      if (at < piece.at_ms || at > end_of(piece)) return false;
      const auto meanwhile = [&](const planned_fault& each) {
        return each.at_ms >= piece.at_ms && each.at_ms <= end_of(piece);
      };
      return std::count_if(plans_.begin(), plans_.end(), meanwhile) >= under_.candidates - 2;
    });
  }

  // Nothing is done to etcd from a little before a set piece until etcd is well again after it.
  bool members_are_left_alone(int at, fault_kind kind) const {
    if (at < member_free_) return true;
    const int before =
        settle_ms + (kind == fault_kind::rolling_restart ? 2000 * under_.members : 1000);
    return std::any_of(pieces_.begin(), pieces_.end(), [&](const planned_fault& piece) {
      const int well_again = piece.kind == fault_kind::quorum_lost ? 2 * under_.ttl_ms : 0;
      return at > piece.at_ms - before && at <= end_of(piece) + well_again;
    });
  }

  [[nodiscard]] bool possible(fault_kind kind) const {
    const bool several = under_.members > 1;
    switch (kind) {
      case fault_kind::cut:
      case fault_kind::member_cut: return under_.real_cuts;
      case fault_kind::member_isolated: return under_.real_cuts && several;
      case fault_kind::member_rolled: return false;  // a part of rolling_restart
      case fault_kind::quorum_lost: return false;    // a set piece
      case fault_kind::hole_one:
      case fault_kind::move_leader:
      case fault_kind::rolling_restart: return several;
      default: return true;
    }
  }

  // Every kind once in random order, then again: a short run sees few of them twice.
  planned_fault next_kind(int at) {
    for (;;) {
      for (auto each = bag_.begin(); each != bag_.end(); ++each) {
        // Members are hurt one after the other, with time to get well in between. Two at once would
        // be an outage, not a test.
        if (facts(*each).on != victim::candidate && members_are_left_alone(at, *each)) continue;
        planned_fault plan;
        plan.kind = *each;
        plan.at_ms = at;
        bag_.erase(each);
        return plan;
      }
      fill_bag();
    }
  }

  void fill_bag() {
#define X(kind, shown, on, costs, lasts) \
  if (possible(fault_kind::kind)) bag_.push_back(fault_kind::kind);
    TENURE_CHAOS_FAULTS(X)
#undef X
    for (std::size_t i = bag_.size() - 1; i > 0; --i) {
      std::swap(bag_[i], bag_[static_cast<std::size_t>(dice_.from_to(0, static_cast<int>(i)))]);
    }
  }

  // Some shorter than a lease, some longer.
  int around_ttl() {
    const int ttl = under_.ttl_ms;
    return dice_.percent(40) ? dice_.from_to(ttl / 3, ttl * 9 / 10)
                             : dice_.from_to(ttl * 13 / 10, ttl * 25 / 10);
  }

  void detail(planned_fault& plan) {
    const bool candidate = facts(plan.kind).on == victim::candidate;
    plan.target = dice_.percent(70)
                      ? whoever_leads
                      : dice_.from_to(0, (candidate ? under_.candidates : under_.members) - 1);
    switch (plan.kind) {
      case fault_kind::reset:
      case fault_kind::hand_over:
      case fault_kind::move_leader:
      case fault_kind::rolling_restart: break;
      case fault_kind::delete_key:
      case fault_kind::revoke_lease: plan.target = whoever_leads; break;
      case fault_kind::cut:
        plan.target = under_.candidates - 1;
        plan.for_ms = around_ttl();
        break;
      case fault_kind::kill: plan.for_ms = dice_.from_to(200, under_.ttl_ms * 2); break;
      case fault_kind::member_kill:
      case fault_kind::member_restart:
        plan.for_ms = dice_.from_to(200, under_.ttl_ms * 3 / 2);
        break;
      case fault_kind::hole_one:
        plan.for_ms = dice_.from_to(under_.ttl_ms * 3 / 2, under_.ttl_ms * 3);
        plan.amount = dice_.from_to(0, under_.members - 1);
        break;
      case fault_kind::delay:
        plan.for_ms = around_ttl();
        plan.amount = dice_.from_to(20, under_.ttl_ms / 4);
        break;
      case fault_kind::throttle:
        plan.for_ms = around_ttl();
        plan.amount = dice_.percent(30) ? 1 : dice_.from_to(100, 5000);
        break;
      case fault_kind::member_slow:
        plan.for_ms = dice_.from_to(under_.ttl_ms, under_.ttl_ms * 2);
        plan.amount = dice_.from_to(50, 90);
        break;
      default: plan.for_ms = around_ttl();
    }
  }

  const circumstances under_;
  dice dice_;
  std::vector<fault_kind> bag_;
  std::vector<planned_fault> pieces_;
  std::vector<planned_fault> plans_;
  int end_ = 0;
  int member_free_ = 0;
};

}  // namespace

std::vector<planned_fault> draw_schedule(const circumstances& under) {
  return drawing(under).run();
}

std::string describe(const planned_fault& plan) {
  const fault_facts& what = facts(plan.kind);
  std::string target;
  if (what.on != victim::election) {
    const bool candidate = what.on == victim::candidate;
    target = plan.target == whoever_leads
                 ? (candidate ? ", the leader" : ", etcd's leader")
                 : (candidate ? ", c" : ", m") + std::to_string(plan.target);
  }
  char text[160];
  std::snprintf(text, sizeof text, "%6.1f s  %s%s", plan.at_ms / 1e3,
                std::string(what.shown).c_str(), target.c_str());
  std::string line = text;
  if (plan.for_ms != 0) {
    std::snprintf(text, sizeof text, ", for %.1f s", plan.for_ms / 1e3);
    line += text;
  }
  if (plan.kind == fault_kind::delay) line += ", " + std::to_string(plan.amount) + " ms each way";
  if (plan.kind == fault_kind::throttle)
    line += ", " + std::to_string(plan.amount) + " bytes a second";
  if (plan.kind == fault_kind::member_slow)
    line += ", stopped " + std::to_string(plan.amount) + " % of the time";
  if (plan.kind == fault_kind::quorum_lost) {
    line += (plan.amount & by_cuts) != 0 ? ", members cut from their peers" : ", members frozen";
    line += (plan.amount & with_etcds_leader) != 0 ? ", etcd's leader among them"
                                                   : ", none of them etcd's leader";
  }
  if (plan.kind == fault_kind::hole_one) line += ", that of m" + std::to_string(plan.amount);
  return line;
}

}  // namespace tenure::chaos
