#include "session/host.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "base/fork_guard.hpp"
#include "base/guarded.hpp"
#include "base/secret.hpp"
#include "base/testing.hpp"

namespace tenure::detail {

void host::open(uv_loop_t* loop, std::uint32_t process) noexcept {
  process_ = process;
  alarms_.open(loop, [this] { later_.again(); });
  now_ = boot_time();
  alarms_.arm(now_, core_->next_wake());
}

// However a turn ends, also without memory, the next one can begin.
struct host::in_turn {
  explicit in_turn(host& of) : of_(of) { of_.turning_ = true; }
  in_turn(const in_turn&) = delete;
  in_turn& operator=(const in_turn&) = delete;
  ~in_turn() {
    of_.turning_ = false;
    of_.caused_.clear();
    if (std::exchange(of_.undone_, false) && of_.lost_news()) of_.life_.out_of_memory();
  }
  host& of_;
};

// The time is taken once: all that happens in a turn happens at the same moment. After user code
// has run it is worthless, and the dispatcher asks for a new turn.
void host::turn(const core::event& e, said&& besides) noexcept {
  if (!has_memory_for([&] { take_turn(e, besides); })) life_.out_of_memory();
}

void host::apply(const core::event& e) {
  said nothing;
  take_turn(e, nothing);
}

void host::take_turn(const core::event& e, said& besides) {
  if (finished_ || forked()) return;
  if (turning_) {
    caused_.push_back(e);
    return;
  }
  const in_turn here(*this);
  now_ = boot_time();
  alarms_.ring(now_, [this](call&& what) { later_.post(std::move(what)); });
  step(e, besides);
  said nothing;
  for (std::size_t i = 0; i < caused_.size() && !finished_; ++i) {
    const core::event next = std::move(caused_[i]);
    step(next, nothing);
  }
  if (finished_) return;
  give_back_numbers();
  alarms_.arm(now_, core_->next_wake());
}

// A few at each turn. There are more turns than elections that are left.
void host::give_back_numbers() {
  constexpr std::size_t slice = 16;
  slots& all = ears_.slots();
  for (std::size_t n = std::min(slice, all.left_count()); n > 0; --n) {
    const core::election_id id = all.take_left();
    if (!all[id].vacant()) continue;  // somebody has come since
    if (core_->forget(id)) {
      all[id].seen.reset();
      life_.vacated(id);
    } else {
      all.leave(id);
    }
  }
}

void host::step(const core::event& e, said& besides) {
  actions_.clear();
  undone_ = true;
  core_->apply(now_, e, actions_);
  const char* const broken =
      switches().broken != nullptr ? switches().broken : core_->broken_invariant(now_);
  // Tokens end, and all who have to know are told: they hear of it from the dispatcher.
  for (const core::action& it : actions_) tell(it, besides);
  if (finished_) return;  // without memory for a token
  if (!deadline_.move(core_->belief())) caused_.emplace_back(core::expired{});
  // A login counts if the core believes its answer; what goes out now carries it.
  if (besides.token) {
    wire_.use_token(core_->requests().has_token() ? *besides.token : "");
    wipe(*besides.token);
    log_(log_level::info, "logged_in", "requests carry a new token");
  }
  for (core::action& it : actions_) start_and_stop(it);
  undone_ = false;
  if (broken != nullptr && !std::exchange(broken_, true)) break_off(broken);
}

void host::tell(const core::action& it, said& besides) {
  if (const auto* s = std::get_if<core::to_session>(&it)) {
    if (const auto* end = std::get_if<core::all_cancelled>(s))
      deadline_.end(wire::to_reason(end->why));
    if (std::holds_alternative<core::timings_refused>(*s)) life_.closes();
    ears_.tell(*s, {now_, *core_, besides});
  } else if (const auto* c = std::get_if<core::to_candidate>(&it)) {
    ears_.tell(*c, besides);
  } else if (const auto* l = std::get_if<core::leader_changed>(&it)) {
    ears_.tell(*l, besides);
  } else if (const auto* r = std::get_if<core::to_reader>(&it)) {
    ears_.tell(*r, besides);
  }
}

void host::start_and_stop(core::action& what) {
  if (auto* s = std::get_if<core::send>(&what)) {
    wire_.send(*s, ears_.next_key());
  } else if (auto* a = std::get_if<core::abort>(&what)) {
    wire_.abort(*a);
  } else if (auto* o = std::get_if<core::open_stream>(&what)) {
    wire_.open_stream(*o);
  } else if (auto* p = std::get_if<core::probe_stream>(&what)) {
    wire_.probe_stream(*p);
  } else if (auto* c = std::get_if<core::close_stream>(&what)) {
    wire_.close_stream(*c);
  } else if (auto* r = std::get_if<core::redial>(&what)) {
    wire_.redial(*r);
  } else if (std::holds_alternative<core::finished>(what)) {
    finished_ = true;
    alarms_.clear();
    life_.finished();
  }
}

// What may not be lost: where a leadership, or the standing, begins or ends.
bool host::lost_news() const {
  return std::any_of(actions_.begin(), actions_.end(), [](const core::action& it) {
    if (const auto* s = std::get_if<core::to_session>(&it)) {
      return std::holds_alternative<core::all_cancelled>(*s) ||
             std::holds_alternative<core::timings_refused>(*s);
    }
    if (const auto* c = std::get_if<core::to_candidate>(&it)) {
      return std::holds_alternative<core::acquired>(*c) ||
             std::holds_alternative<core::cancelled>(*c) ||
             std::holds_alternative<core::lost>(*c) || std::holds_alternative<core::resigned>(*c) ||
             std::holds_alternative<core::left>(*c);
    }
    return std::holds_alternative<core::finished>(it);
  });
}

void host::abandon(reason why) noexcept {
  deadline_.end(why);
  if (std::exchange(finished_, true)) return;
  alarms_.clear();
  life_.finished();
}

void host::look_again_soon() noexcept {
  const core::nanos now = boot_time();
  alarms_.arm(now, now + 50 * core::millisecond);
}

// A defect of ours must not make two leaders: tokens first, then the session.
void host::break_off(const char* invariant) {
  deadline_.end(reason::internal);
  const error e{
      errc::system,
      std::string("a defect in tenure: ") + invariant + "; the session closes: please report it",
      0};
  log_(log_level::error, "broken_invariant", e.message);
  ears_.tell_lost(e);
  life_.closes();
  caused_.emplace_back(core::close{});
}

std::uint64_t host::at(core::nanos when, std::function<void()> what) {
  if (finished_) return 0;
  const std::uint64_t number = alarms_.set(when, std::move(what));
  if (!turning_) alarms_.arm(boot_time(), core_->next_wake());
  return number;
}

token_node* host::begin_term(teller_line* line) {
  shared_deadline* const deadline = deadline_.begin_term(&boot_time, process_, core_->belief());
  return deadline != nullptr ? new (std::nothrow) token_node(deadline, line) : nullptr;
}

bool host::forked() const { return !fork_guard::still(process_); }

}  // namespace tenure::detail
