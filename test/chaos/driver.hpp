// Runs an election and does to it what the schedule says.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <uv.h>

#include "test/chaos/cluster.hpp"
#include "test/chaos/contender.hpp"
#include "test/chaos/journal.hpp"
#include "test/chaos/network.hpp"
#include "test/chaos/schedule.hpp"

namespace tenure::chaos {

class driver {
 public:
  driver(const circumstances& under, std::vector<planned_fault> schedule, network* net);
  ~driver();
  driver(const driver&) = delete;
  driver& operator=(const driver&) = delete;

  // The whole run. What happened is in the journal then.
  void run();
  [[nodiscard]] const journal& written() const { return journal_; }

 private:
  using action = std::function<void()>;
  using condition = std::function<bool()>;
  struct delayed;

  void begin(const planned_fault& plan);
  void wind_up();
  void turn();  // every few milliseconds

  // faults.cc
  void strike_candidate(const planned_fault& plan, contender& target);
  void strike_link(const planned_fault& plan, contender& target);
  void strike_member(const planned_fault& plan, std::size_t target);
  void strike_election(const planned_fault& plan);
  void lose_quorum(const planned_fault& plan, std::size_t leader);
  void restart_member(std::size_t member, int pause_ms, bool politely, action then);
  void slow_down(std::size_t member, int percent, nanos until, action then);
  void tamper(const planned_fault& plan, contender& target);

  // Notes the fault, and gives back what notes its end and frees the target for others.
  action note(const planned_fault& plan, const std::string& target);
  void try_later(const planned_fault& plan);
  void skip(const planned_fault& plan, const char* why);
  [[nodiscard]] contender* pick_candidate(const planned_fault& plan);
  [[nodiscard]] std::optional<std::size_t> pick_member(const planned_fault& plan) const;
  [[nodiscard]] bool members_busy() const;
  [[nodiscard]] bool busy(const std::string& target) const { return struck_.count(target) != 0; }

  void after(int ms, action then);
  static void close(delayed* each);
  void when(condition holds, action then);

  const circumstances under_;
  const std::vector<planned_fault> schedule_;
  network* net_;
  uv_loop_t loop_{};
  uv_timer_t turn_{};
  journal journal_;
  std::unique_ptr<cluster> etcd_;
  std::vector<std::unique_ptr<contender>> contenders_;
  std::vector<std::pair<condition, action>> waiting_;
  std::set<delayed*> delayed_;
  std::set<std::string> struck_;
  nanos began_ = 0;
  nanos asked_ = 0;
  std::int64_t faults_ = 0;
  bool over_ = false;
};

}  // namespace tenure::chaos
