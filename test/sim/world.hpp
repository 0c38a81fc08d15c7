// The simulated world: processes with their users, a network, a cluster, and true time, which only
// the checker knows. Everything is reused from one seed to the next.
#pragma once

#include <cstdarg>
#include <cstdint>
#include <string>
#include <vector>

#include "agenda.hpp"
#include "checker.hpp"
#include "choice.hpp"
#include "cluster.hpp"
#include "names.hpp"
#include "network.hpp"
#include "options.hpp"
#include "process.hpp"

namespace sim {

struct verdict {
  const char* rule = nullptr;  // the first one broken
  std::uint64_t hash = 0;
  std::uint64_t events = 0;
  nanos ended = 0;  // simulated time
};

class world {
 public:
  world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  // One whole life. With `fixed` the world is not drawn; with `instead` no generator is used.
  verdict run(std::uint64_t seed, const options* fixed = nullptr, feed* instead = nullptr);
  // Collects a readable trace of the next run.
  void trace(std::string* into) { trace_ = into; }

  nanos now = 0;
  options opt;
  sim::agenda agenda;
  sim::network network;
  sim::cluster cluster;
  sim::checker checker;

 private:
  std::vector<nanos> timers_;  // of the processes; before those, which take them back when they die
  std::size_t first_ = 0;      // of the timers

 public:
  void set_timer(std::size_t whose, nanos at);
  std::vector<process> processes;
  bool calm = false;   // no faults any more
  bool quiet = false;  // long enough for everybody to have found his place
  bool handing_over = false;
  bool breaking = false;  // what tells of several deletes is cut in the middle
  bool closing = false;   // the last phase: everybody goes
  bool short_checkpoints =
      false;  // against what the core asks of etcd: their period is less than the TTL

  stream of_world, of_network, of_cluster, of_clocks, of_faults, of_users, of_cores;

  [[nodiscard]] bool small_choices() const { return opt.small && now >= opt.choices_from && !calm; }
  [[nodiscard]] bool traced() const { return trace_ != nullptr; }
  void note(const char* format, ...) __attribute__((format(printf, 2, 3)));
  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15ULL; }
  // How many stood, in the run that has ended.
  [[nodiscard]] std::size_t candidates() const;
  // An operator's hand comes upon a key of which something was just asked, and answered or not.
  void meddle(const tenure::core::send& s, bool heard);
  // Ends the run.
  void broken(const char* rule);

 private:
  friend class process;
  void set_up();
  void step(const event& e);
  void phase(std::uint32_t which);
  void fault_strikes(fault f);
  void fault_in_process(fault f);
  void fault_of_operator(fault f);
  void fault_of_user(fault f);
  void operator_acts(const event& e);
  void operate(nanos after, act what, std::size_t on = 0, std::int64_t which = 0);
  void take_off_lease(election_id e, std::size_t at);
  void schedule(fault f);
  void small_world();
  void small_moment();
  void calm_down();
  void hand_over();

  std::string* trace_ = nullptr;
  const char* rule_ = nullptr;
  std::uint64_t hash_ = 0;
  std::uint64_t events_ = 0;
};

}  // namespace sim
