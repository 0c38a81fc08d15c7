// One process: a clock, a loop that can stand still, the shipped core and tokens hosted by the
// rules of the shipped facade, and a user.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "agenda.hpp"
#include "choice.hpp"
#include "core/machine.hpp"
#include "jobs/places.hpp"
#include "proof.hpp"
#include "token/session_deadline.hpp"
#include "token/token_state.hpp"

namespace sim {

class world;

using tenure::core::election_id;

// Local time of a process from true time.
struct local_clock {
  nanos offset = 0;
  std::int32_t ppm = 0;

  [[nodiscard]] nanos at(nanos truly) const { return truly + offset + truly * ppm / 1'000'000; }
  // Not before the clock shows `local`.
  [[nodiscard]] nanos when(nanos local) const;
};

enum class told : std::uint8_t {
  acquired,
  cancelled,
  lost,
  resigned,
  closed,
  session_closed,
  other
};

struct callback {
  told what;
  election_id election;
  std::size_t term;
};

// What a user does by a plan of his own.
enum class deed : std::uint8_t { stand, resign, leave, close_session, observe, open_session };

inline constexpr std::size_t no_term = static_cast<std::size_t>(-1);

class process {
 public:
  process() = default;
  process(const process&) = delete;
  process(process&& other) = delete;
  ~process();

  void set_up(world& w, std::size_t index);
  void open();  // a session
  void crash();
  void clear();
  [[nodiscard]] bool open_now() const { return machine_.has_value() && !finished_; }
  [[nodiscard]] bool gone() const { return !machine_.has_value(); }

  // What happens to its loop. The world defers it while the loop stands still.
  void timer();
  void turn();
  void heard(const tenure::core::event& e);
  // What it is about to hear.
  void learns(const tenure::core::send& asked, const tenure::core::answer& a, nanos sent);
  void learns(const tenure::core::stream_news& n);
  void acts(deed what, election_id e);
  void work_stops(election_id e, std::size_t term);

  // From the network's side.
  [[nodiscard]] std::uint32_t life() const { return life_; }
  void stand_still(nanos until, bool timers_too);
  [[nodiscard]] nanos held_until() const { return held_until_; }
  [[nodiscard]] nanos local() const;
  [[nodiscard]] nanos local_at(nanos truly) const { return clock_.at(truly); }
  [[nodiscard]] nanos true_when(nanos local) const { return clock_.when(local); }
  [[nodiscard]] nanos believed_until() const { return believed_until_; }
  [[nodiscard]] nanos stood_still() const { return stood_still_; }
  [[nodiscard]] const tenure::core::machine& core() const { return *machine_; }
  [[nodiscard]] std::size_t candidates() const;  // elections in which it stood, in any of its lives
  [[nodiscard]] bool standing(election_id e) const {
    return !closing_ && seats_[e].here == seat::stands;
  }
  [[nodiscard]] bool stood_before(election_id e, nanos when) const {
    return standing(e) && seats_[e].since <= when;
  }
  void stream_ended(std::size_t slot) {
    if (stream_slot_ == slot) stream_slot_ = no_term;
  }

 private:
  struct seat {  // a candidate, as its user sees it
    enum state : std::uint8_t { absent, stands, out, leaving } here = absent;
    nanos since = 0;  // it stands, true time
    bool observed = false;
    bool resigned = false;        // told so, and does not stand again
    bool let_go = false;          // there was a reason to give up the key that he has
    std::int64_t known = 0;       // create revision of the key that was heard of last
    bool elsewhere = false;       // that key was found on another lease
    std::int64_t read_as_of = 0;  // revision of the last reading of its queue
    nanos read_sent = 0;          // when that was asked for, local time
    // When the last requests about the leader's key that were answered were sent, local time.
    std::array<nanos, 5> answered{};
    nanos left_by = 0;  // `left` may come without an answer from then on, local time
    std::size_t term = no_term;
    std::size_t works_for = no_term;  // under a quota: the term whose work has not stopped yet
    bool stood_back = false;          // for want of a place
    tenure::detail::token_node* node = nullptr;
  };

  void apply(const tenure::core::event& e);
  void expect_bounded(const tenure::core::open_stream& s);
  void stand_still_within();
  void find_dead_tokens();
  void forget_what_was_left();
  void perform();
  void tell(const tenure::core::to_session& what);
  void tell(const tenure::core::to_candidate& what);
  void hears(const tenure::core::campaigning& what);
  void hears(const tenure::core::position& what);
  void hears(const tenure::core::acquired& what);
  void hears(const tenure::core::cancelled& what);
  void hears(const tenure::core::lost& what);
  void hears(const tenure::core::resigned& what);
  void hears(const tenure::core::left& what);
  void hears(const tenure::core::tampered& what);
  void hears(const tenure::core::stand_delayed& what);
  void acquired(election_id e, std::int64_t fencing);
  void hold_to_deadline(nanos before, std::int64_t lease);
  void expect_right_to_lead(const seat& s) const;
  void expect_no_answer(const seat& s) const;
  void move_deadline();
  void arm();
  void set_timer(nanos at);
  void post(told what, election_id e = 0, std::size_t term = no_term);
  void deliver(const callback& c);
  void whim(election_id e);
  [[nodiscard]] bool limited() const;
  void begin_work(election_id e, std::size_t term);
  void end_work(election_id e);
  void call_stand(election_id e);
  void call_resign(election_id e);
  void call_leave(election_id e);
  void stand_again_perhaps(election_id e);
  void expect_no_key(election_id e);
  void expect_reasons(const tenure::core::send& withdrawal) const;
  void tear_down();
  void end_term(seat& s);
  void ask_tokens();
  void take_the_clock() const;  // tokens that are asked from here on see this process's

  world* w_ = nullptr;
  std::size_t index_ = 0;
  std::uint32_t life_ = 0;
  std::uint32_t fork_life_ = 0;
  local_clock clock_;
  std::optional<tenure::core::machine> machine_;
  bool finished_ = false;
  bool closing_ = false;
  nanos held_until_ = 0;    // true time; the loop stands still until then
  nanos stood_still_ = 0;   // in all
  nanos timers_late_ = 0;   // after it stood still: a loop serves its sockets first, or its timers
  nanos timer_at_ = never;  // true time
  nanos armed_ = never;
  nanos last_now_ = 0;
  std::int64_t lease_ = 0;  // that it was told to have
  nanos spin_at_ = 0;
  int spins_ = 0;
  std::size_t nodes_ = 0;       // seats that have one
  std::uint32_t stood_in_ = 0;  // a bit per election
  bool turning_ = false;
  bool woke_due_ = false;
  std::vector<seat> seats_;
  tenure::jobs::places places_;
  std::deque<callback> posted_;
  std::vector<tenure::core::action> actions_;
  std::vector<tenure::core::action> spare_;
  std::size_t stream_slot_ = no_term;
  tenure::detail::session_deadline deadline_;
  nanos believed_until_ = 0;
  proof proof_;
  std::int64_t lost_until_ = 0;  // events before this revision were lost, it heard or decided
  std::int64_t told_until_ = 0;  // its streams have told of everything before
  nanos back_since_ = 0;         // the deadline, which had passed, moved on then
};

}  // namespace sim
