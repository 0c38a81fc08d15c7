// Balance without a clock or an etcd: many processes, each with its own, older view of the queues.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <vector>

#include "jobs/shares.hpp"

using namespace tenure::jobs;

namespace {

class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15U + 1) {}
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ % bound);
  }

 private:
  std::uint64_t state_;
};

using queues = std::vector<std::vector<instance_id>>;

struct process {
  instance_id id = 0;
  std::size_t quota = 1000;
  queues seen;   // as of some time ago
  shares view;
  bool present = true;
};

class fleet {
 public:
  fleet(std::uint64_t seed, std::size_t processes, std::size_t jobs) : dice_(seed), now_(jobs) {
    for (std::size_t i = 0; i < processes; ++i) join();
  }

  void join(std::size_t quota = 1000) {
    process p;
    p.id = static_cast<instance_id>(all_.size() + 1);
    p.quota = quota;
    all_.push_back(p);
    for (std::size_t j = 0; j < now_.size(); ++j) {
      if (own(all_.back()) < quota) now_[j].push_back(all_.back().id);
    }
    keep_quotas();
  }
  void leave(std::size_t which) {
    all_[which].present = false;
    for (auto& q : now_) q.erase(std::remove(q.begin(), q.end(), all_[which].id), q.end());
    keep_quotas();
  }

  // One look of somebody, with what it knows.
  bool step() {
    process& p = all_[dice_.below(all_.size())];
    if (!p.present) return false;
    if (dice_.below(3) != 0) refresh(p);
    bool moved = false;
    const std::size_t mine = own(p);
    for (std::size_t j = 0; j < now_.size() && j < p.seen.size(); ++j) {
      if (now_[j].empty()) continue;
      if (now_[j].front() == p.id) {
        if (p.seen[j].empty() || p.seen[j].front() != p.id || !gives_away(p.view, p.seen[j], mine)) continue;
        to_the_end(j, p);
        ++moves;
        keep_quotas();
        return true;
      }
      const bool next = now_[j].size() > 1 && now_[j][1] == p.id;
      if (next && mine != 0 && steps_aside(p.view, p.seen[j], p.id, mine)) {
        to_the_end(j, p);
        ++asides;
        moved = true;
      }
    }
    return moved;
  }

  // Until nobody moves any more though everybody knows everything.
  void settle() {
    for (int quiet = 0, steps = 0; quiet < 20 * static_cast<int>(all_.size()); ++steps) {
      cr_assert(lt(int, +steps, 20000), "it never ends");
      quiet = step() ? 0 : quiet + 1;
    }
    for (process& p : all_) refresh(p);
    for (int i = 0; i < 20 * static_cast<int>(all_.size()); ++i) {
      for (process& p : all_) refresh(p);
      if (step()) i = 0;
    }
  }

  // Between those that have room for more.
  std::size_t spread() const {
    std::size_t least = 1000000;
    std::size_t most = 0;
    for (const process& p : all_) {
      if (!p.present) continue;
      const std::size_t n = own(p);
      most = std::max(most, n);
      if (n < p.quota) least = std::min(least, n);
    }
    return least > most ? 0 : most - least;
  }

  bool all_led() const {
    return std::none_of(now_.begin(), now_.end(), [](const auto& q) { return q.empty(); });
  }
  std::size_t most_allowed() const {
    std::size_t over = 0;
    for (const process& p : all_) over += own(p) > p.quota;
    return over;
  }

  std::size_t moves = 0;
  std::size_t asides = 0;

 private:
  std::size_t own(const process& p) const {
    return static_cast<std::size_t>(std::count_if(now_.begin(), now_.end(), [&](const auto& q) { return !q.empty() && q.front() == p.id; }));
  }
  void refresh(process& p) {
    p.seen = now_;
    for (std::size_t j = 0; j < now_.size(); ++j) {
      p.view.led_by(static_cast<job_id>(j), now_[j].empty() ? 0 : now_[j].front());
    }
  }
  void to_the_end(std::size_t j, const process& p) {
    auto& q = now_[j];
    q.erase(std::remove(q.begin(), q.end(), p.id), q.end());
    q.push_back(p.id);
  }
  // Who is full waits nowhere and takes nothing; who has room waits everywhere.
  void keep_quotas() {
    for (std::size_t round = 0; round < all_.size(); ++round) {
      for (process& p : all_) {
        if (!p.present) continue;
        for (auto& q : now_) {
          const auto at = std::find(q.begin(), q.end(), p.id);
          const bool full = own(p) >= p.quota;
          if (full && at != q.end() && (at != q.begin() || own(p) > p.quota)) {
            q.erase(at);
          } else if (!full && at == q.end()) {
            q.push_back(p.id);
          }
        }
      }
    }
  }

  dice dice_;
  queues now_;
  std::vector<process> all_;
};

}  // namespace

Test(job_shares, counts_who_leads_what) {
  shares s;
  s.led_by(1, 7);
  s.led_by(2, 7);
  s.led_by(3, 8);
  cr_assert(eq(sz, s.load(7), 2));
  s.led_by(2, 8);
  s.led_by(2, 8);
  cr_assert(eq(sz, s.load(7), 1));
  cr_assert(eq(sz, s.load(8), 2));
  s.forget(2);
  s.forget(2);
  cr_assert(eq(sz, s.load(8), 1));
  cr_assert(eq(sz, s.load(9), 0));
}

Test(job_shares, a_job_is_given_to_the_next_that_leads_two_less_and_never_for_nothing) {
  shares s;
  for (job_id j = 0; j < 3; ++j) s.led_by(j, 1);
  s.led_by(5, 2);
  cr_assert(gives_away(s, {1, 2}, 3));
  cr_assert(not(gives_away(s, {1, 2}, 2)));
  cr_assert(not(gives_away(s, {1}, 3)));
  cr_assert(not(gives_away(s, {1, 0, 2}, 3)), "the next is not to be reckoned with");
}

Test(job_shares, the_next_in_line_steps_aside_for_one_that_has_less) {
  shares s;
  for (job_id j = 0; j < 4; ++j) s.led_by(j, 1);
  s.led_by(5, 2);
  s.led_by(6, 2);
  cr_assert(steps_aside(s, {1, 2, 3}, 2, 2));
  cr_assert(not(steps_aside(s, {1, 3, 2}, 2, 2)), "not next in line");
  cr_assert(not(steps_aside(s, {1, 2}, 2, 2)), "nobody behind");
  cr_assert(not(steps_aside(s, {1, 3, 4}, 3, 0)), "nobody has less");
  s.led_by(7, 3);
  cr_assert(steps_aside(s, {1, 2, 3}, 2, 2));
  s.led_by(1, 0);
  s.led_by(2, 0);
  cr_assert(not(steps_aside(s, {1, 2, 3}, 2, 2)), "the leader would not give it");
}

Test(job_shares, become_even_and_then_rest_whoever_comes_and_goes) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    dice d(seed);
    const std::size_t processes = 1 + d.below(7);
    const std::size_t jobs = 1 + d.below(60);
    fleet f(seed, processes, jobs);
    f.settle();
    cr_assert(le(sz, f.spread(), 1), "seed %d", static_cast<int>(seed));
    // The first had them all: what was moved is at most what the others have now, and a few that met on the way.
    cr_assert(le(sz, +f.moves, jobs + 4 * processes * processes), "seed %d: %d moves", static_cast<int>(seed), static_cast<int>(f.moves));
    f.join();
    f.settle();
    cr_assert(le(sz, f.spread(), 1), "seed %d", static_cast<int>(seed));
    f.leave(d.below(processes));
    f.settle();
    cr_assert(le(sz, f.spread(), 1), "seed %d", static_cast<int>(seed));
    cr_assert(f.all_led());
  }
}

Test(job_shares, become_even_within_the_quotas) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    dice d(seed);
    const std::size_t jobs = 4 + d.below(40);
    fleet f(seed, 1 + d.below(3), jobs);
    for (std::size_t more = d.below(4); more > 0; --more) f.join(1 + d.below(jobs));
    f.settle();
    cr_assert(le(sz, f.spread(), 1), "seed %d", static_cast<int>(seed));
    cr_assert(zero(sz, f.most_allowed()), "seed %d", static_cast<int>(seed));
    cr_assert(f.all_led());
  }
}
