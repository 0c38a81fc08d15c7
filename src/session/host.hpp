// Hosts the core on the loop: one turn of it is `host::turn`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <uv.h>

#include "base/random.hpp"
#include "core/machine.hpp"
#include "loop/alarms.hpp"
#include "loop/dispatcher.hpp"
#include "loop/logger.hpp"
#include "session/audience.hpp"
#include "session/carrier.hpp"
#include "session/said.hpp"
#include "token/session_deadline.hpp"
#include "token/token_state.hpp"

namespace tenure::detail {

// What the host asks of the session's life cycle.
class life_cycle {
 public:
  // The session closes by itself; its user is told why.
  virtual void closes() = 0;
  // Memory ran out in the middle of a turn: what it had to tell is lost.
  virtual void out_of_memory() noexcept = 0;
  // The core has nothing under way any more.
  virtual void finished() noexcept = 0;
  // Nobody has to do with that election any more, nor has the core.
  virtual void vacated(core::election_id id) = 0;

 protected:
  ~life_cycle() = default;
};

class host {
 public:
  // They must outlive it.
  host(carrier& wire, audience& ears, dispatcher& later, logger& log, life_cycle& life)
      : wire_(wire), ears_(ears), later_(later), log_(log), life_(life) {}

  // First; it takes memory, as `open` does not.
  void make_core(const core::settings& settings) { core_.emplace(settings, choices_); }
  // `process`: the number of this process's life.
  void open(uv_loop_t* loop, std::uint32_t process) noexcept;
  // Closes its handle; `closed` is called from the loop.
  void close(std::function<void()> closed) { alarms_.close(std::move(closed)); }

  // Nothing is asked for any more, and what was is given up. The tokens end for this reason.
  void abandon(reason why) noexcept;

  // One turn. What its own news cause (a client that resigns as it is told) is taken up at its end.
  // If memory runs out, the session's life ends.
  void turn(const core::event& e, said&& besides = {}) noexcept;
  // The same for a call of the user's that can say `no_memory`: it goes on, if nothing of what the
  // turn had to tell of a leadership is lost.
  void apply(const core::event& e);
  // Lets the dispatcher come again in a moment. Takes no memory.
  void look_again_soon() noexcept;
  // Calls `what` from the loop, not before this moment. Returns a number for `forget`.
  std::uint64_t at(core::nanos when, std::function<void()> what);
  void forget(core::nanos when, std::uint64_t number) noexcept { alarms_.forget(when, number); }

  [[nodiscard]] const core::machine& core() const { return *core_; }
  [[nodiscard]] bool is_open() const { return core_.has_value(); }
  // When the present turn began, or the last one.
  [[nodiscard]] core::nanos now() const { return now_; }
  // The token of a leadership that begins in this turn, with a line to who tells of its end; null
  // without memory.
  token_node* begin_term(teller_line* line);
  // This is a child of the process in which it was opened.
  [[nodiscard]] bool forked() const;

 private:
  struct in_turn;
  void take_turn(const core::event& e, said& besides);
  [[nodiscard]] bool lost_news() const;
  void step(const core::event& e, said& besides);
  void tell(const core::action& it, said& besides);
  void start_and_stop(core::action& what);
  void break_off(const char* invariant);
  void give_back_numbers();

  carrier& wire_;
  audience& ears_;
  dispatcher& later_;
  logger& log_;
  life_cycle& life_;
  std::uint32_t process_ = 0;
  random_choices choices_;
  std::optional<core::machine> core_;
  alarms alarms_;
  session_deadline deadline_;
  core::nanos now_ = 0;
  bool turning_ = false;
  bool broken_ = false;
  bool finished_ = false;
  bool undone_ = false;                // not all actions of the present step are carried out
  std::vector<core::action> actions_;  // of the present step; keeps its memory
  std::vector<core::event> caused_;    // by the present turn
};

}  // namespace tenure::detail
