// Balance without a clock or an etcd: many processes, each with its own, older view of the queues.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <algorithm>
#include <string>
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

std::string job_name(std::size_t j) { return "job-" + std::to_string(j); }

struct process {
  instance_id id = 0;
  std::size_t quota = 1000;
  std::vector<bool> list;  // the jobs that it knows
  queues seen;             // as of some time ago
  shares view;
  bool present = true;
};

class fleet {
 public:
  fleet(std::uint64_t seed, std::size_t processes, std::size_t jobs) : dice_(seed), now_(jobs) {
    for (std::size_t i = 0; i < processes; ++i) join();
  }

  void join(std::size_t quota = 1000) { join(quota, std::vector<bool>(now_.size(), true)); }
  void join(std::size_t quota, std::vector<bool> list) {
    process p;
    p.id = static_cast<instance_id>(all_.size() + 1);
    p.quota = quota;
    p.list = std::move(list);
    all_.push_back(p);
    for (std::size_t j = 0; j < now_.size(); ++j) {
      if (p.list[j] && own(all_.back()) < quota) now_[j].push_back(all_.back().id);
    }
    keep_quotas();
  }
  // With a list of its own: each job is on it, or not.
  void join_with_some(std::size_t quota) {
    std::vector<bool> list;
    for (std::size_t j = 0; j < now_.size(); ++j) list.push_back(dice_.below(3) != 0);
    join(quota, std::move(list));
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
    std::size_t given = 0;
    bool moved = false;
    for (std::size_t j = 0; j < now_.size() && j < p.seen.size(); ++j) {
      if (now_[j].empty()) continue;
      if (now_[j].front() == p.id) {
        if (p.seen[j].empty() || p.seen[j].front() != p.id || !gives_away(p.view, p.seen[j], given))
          continue;
        p.view.passes(job_name(j), p.id, p.seen[j][1]);
        to_the_end(j, p);
        ++moves;
        ++given;
        keep_quotas();
        continue;
      }
      const bool next = now_[j].size() > 1 && now_[j][1] == p.id;
      if (next && steps_aside(p.view, p.seen[j], p.id)) {
        to_the_end(j, p);
        ++asides;
        moved = true;
      }
    }
    most_given = std::max(most_given, given);
    return moved || given != 0;
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
  // Nobody leads two more than one that waits for any of its jobs.
  bool even() const {
    return std::all_of(now_.begin(), now_.end(), [&](const auto& q) {
      return std::all_of(q.begin(), q.end(),
                         [&](instance_id who) { return own(by(q.front())) <= own(by(who)) + 1; });
    });
  }
  std::size_t most_allowed() const {
    std::size_t over = 0;
    for (const process& p : all_) over += own(p) > p.quota;
    return over;
  }

  std::size_t moves = 0;
  std::size_t asides = 0;
  std::size_t most_given = 0;  // in one look

 private:
  std::size_t own(const process& p) const {
    return static_cast<std::size_t>(std::count_if(
        now_.begin(), now_.end(), [&](const auto& q) { return !q.empty() && q.front() == p.id; }));
  }
  const process& by(instance_id id) const { return all_[static_cast<std::size_t>(id - 1)]; }
  void refresh(process& p) {
    p.seen = now_;
    for (std::size_t j = 0; j < now_.size(); ++j) {
      p.view.led_by(job_name(j), now_[j].empty() ? 0 : now_[j].front());
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
        for (std::size_t j = 0; j < now_.size(); ++j) {
          auto& q = now_[j];
          const auto at = std::find(q.begin(), q.end(), p.id);
          const bool full = own(p) >= p.quota;
          if (full && at != q.end() && (at != q.begin() || own(p) > p.quota)) {
            q.erase(at);
          } else if (!full && at == q.end() && p.list[j]) {
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
  s.led_by("a", 7);
  s.led_by("b", 7);
  s.led_by("c", 8);
  cr_assert(eq(sz, s.load(7), 2));
  s.led_by("b", 8);
  s.led_by("b", 8);
  cr_assert(eq(sz, s.load(7), 1));
  cr_assert(eq(sz, s.load(8), 2));
  s.led_by("b", 0);
  s.led_by("b", 0);
  cr_assert(eq(sz, s.load(8), 1));
  cr_assert(eq(sz, s.load(9), 0));
}

Test(job_shares, count_at_once_what_is_about_to_pass_on_unless_more_is_known) {
  shares s;
  s.led_by("a", 7);
  s.passes("a", 7, 8);
  cr_assert(zero(sz, s.load(7)));
  cr_assert(eq(sz, s.load(8), 1));
  s.passes("a", 7, 9);
  cr_assert(eq(sz, s.load(8), 1), "another leads it already");
  s.passes("nobody leads it", 7, 9);
  cr_assert(zero(sz, s.load(9)));
}

// These lead so many jobs each.
static shares loads(const std::vector<std::size_t>& each) {
  shares s;
  for (std::size_t who = 0; who < each.size(); ++who) {
    for (std::size_t j = 0; j < each[who]; ++j)
      s.led_by(std::to_string(who) + "." + std::to_string(j), static_cast<instance_id>(who + 1));
  }
  return s;
}

Test(job_shares, a_job_is_given_to_the_next_that_leads_two_less_and_never_for_nothing) {
  cr_assert(gives_away(loads({3, 1}), {1, 2}, 0));
  cr_assert(not(gives_away(loads({2, 1}), {1, 2}, 0)));
  cr_assert(not(gives_away(loads({3, 1}), {1}, 0)));
  cr_assert(not(gives_away(loads({3, 1}), {1, 0, 2}, 0)), "the next is not to be reckoned with");
}

Test(job_shares, several_are_given_at_a_time_where_all_that_may_give_are_not_too_many_together) {
  cr_assert(gives_away(loads({9}), {1, 2}, 2));
  cr_assert(not(gives_away(loads({8}), {1, 2}, 2)), "a quarter of the difference");
  cr_assert(gives_away(loads({18, 1}), {1, 2}, 2));
  cr_assert(not(gives_away(loads({17, 1}), {1, 2}, 2)), "the other may give as many");
  cr_assert(not(gives_away(loads({4, 2}), {1, 2}, 1)));
}

Test(job_shares, the_next_in_line_steps_aside_for_one_that_has_less) {
  cr_assert(steps_aside(loads({4, 2, 0}), {1, 2, 3}, 2));
  cr_assert(not(steps_aside(loads({4, 2, 0}), {1, 3, 2}, 2)), "not next in line");
  cr_assert(not(steps_aside(loads({4, 2, 0}), {1, 2}, 2)), "nobody behind");
  cr_assert(not(steps_aside(loads({4, 2, 0}), {1, 3, 2}, 3)), "nobody has less");
  cr_assert(steps_aside(loads({4, 2, 1}), {1, 2, 3}, 2));
  cr_assert(not(steps_aside(loads({2, 2, 1}), {1, 2, 3}, 2)), "the leader would not give it");
}

Test(job_shares, become_even_and_then_rest_whoever_comes_and_goes) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    dice d(seed);
    const std::size_t processes = 1 + d.below(7);
    const std::size_t jobs = 1 + d.below(60);
    fleet f(seed, processes, jobs);
    f.settle();
    cr_assert(le(sz, f.spread(), 1), "seed %d", static_cast<int>(seed));
    // The first had them all: what was moved is at most what the others have now, and a few that
    // met on the way.
    cr_assert(le(sz, +f.moves, jobs + 4 * processes * processes), "seed %d: %d moves",
              static_cast<int>(seed), static_cast<int>(f.moves));
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

Test(job_shares, become_even_in_few_looks_when_there_are_many) {
  fleet f(7, 2, 240);
  std::size_t looks = 0;
  while (f.spread() > 1) {
    cr_assert(lt(sz, ++looks, 100));
    f.step();
  }
  cr_assert(eq(sz, +f.moves, 120), "no job moves twice");
  cr_assert(gt(sz, +f.most_given, 20));
}

// As in a rollout that adds jobs: the new process knows more than the old one.
Test(job_shares, rest_also_between_those_that_know_other_jobs) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    dice d(seed);
    const std::size_t jobs = 2 + d.below(40);
    fleet f(seed, 0, jobs);
    std::vector<bool> old(jobs, true);
    for (std::size_t j = 0; j < 1 + d.below(jobs / 2); ++j) old[j] = false;
    f.join(1000, old);
    f.join();
    f.settle();
    cr_assert(f.even(), "seed %d", static_cast<int>(seed));
    f.leave(0);
    f.settle();
    cr_assert(f.all_led());
  }
}

Test(job_shares, rest_with_any_lists_and_quotas) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    dice d(seed);
    const std::size_t jobs = 4 + d.below(40);
    fleet f(seed, 0, jobs);
    for (std::size_t more = 2 + d.below(5); more > 0; --more)
      f.join_with_some(d.below(2) == 0 ? 1000 : 1 + d.below(jobs));
    f.settle();
    cr_assert(f.even(), "seed %d", static_cast<int>(seed));
    cr_assert(zero(sz, f.most_allowed()), "seed %d", static_cast<int>(seed));
    const std::size_t moved = f.moves + f.asides;
    for (int i = 0; i < 1000; ++i) f.step();
    cr_assert(eq(sz, f.moves + f.asides, +moved), "seed %d: it does not rest",
              static_cast<int>(seed));
  }
}
