// A session behind its handle: its life from open to closed, and what it offers to its clients.
//
// Its parts: the host gives the core its turns, the carrier sends and receives, the audience is
// told what the core says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <uv.h>

#include "core/event.hpp"
#include "loop/dispatcher.hpp"
#include "loop/logger.hpp"
#include "loop/turn.hpp"
#include "session/audience.hpp"
#include "session/carrier.hpp"
#include "session/certificate_ends.hpp"
#include "session/client.hpp"
#include "session/host.hpp"
#include "session/kept_files.hpp"
#include "session/slots.hpp"
#include "tenure/session.hpp"
#include "token/token_state.hpp"
#include "wire/electorate.hpp"
#include "wire/failure.hpp"

namespace tenure::detail {

class session_impl final : public teller,
                           private life_cycle,
                           public std::enable_shared_from_this<session_impl> {
 public:
  session_impl() = default;
  ~session_impl();

  error open(uv_loop_t* loop, const session_options& options, session_events events);
  bool close(std::function<void()> closed);
  void silence();  // the handle is gone: close without callbacks
  [[nodiscard]] bool is_open() const { return state_ == state::open && !forked(); }
  [[nodiscard]] session_stats stats() const;
  [[nodiscard]] static error not_open() { return {errc::closed, "the session is not open", 0}; }

  // For its clients.
  wire::electorate& electorate() { return electorate_; }
  detail::slots& slots() { return audience_.slots(); }
  // The client that reads all keys; null: nobody does.
  [[nodiscard]] const std::shared_ptr<detail::key_reader>& key_reader() const {
    return audience_.key_reader();
  }
  void set_key_reader(std::shared_ptr<detail::key_reader> who);
  // For calls that can say `no_memory`; the others use `feed`, and the session ends without memory.
  void apply(const core::event& e) {
    turn_.check_handles();
    host_.apply(e);
  }
  void feed(const core::event& e) noexcept {
    turn_.check_handles();
    host_.turn(e);
  }
  // Memory ran out where nobody can be told: the session ends, in order.
  void out_of_memory() noexcept override { give_up(reason::out_of_memory); }
  // Why its clients are told their end.
  [[nodiscard]] reason why_ended() const { return why_ended_; }
  void post(std::function<void()> what) { dispatcher_.post(std::move(what)); }
  // Calls `what` from the loop, not before this moment. Returns a number for `forget`.
  std::uint64_t at(core::nanos when, std::function<void()> what) {
    return host_.at(when, std::move(what));
  }
  [[nodiscard]] std::int64_t lease() const { return host_.core().lease_id(); }
  // The token of a leadership that begins; null without memory.
  token_node* begin_term() { return host_.begin_term(line_); }
  logger& log() { return log_; }
  // What speaks for and against the lease in this turn, in words; for those who lose a leadership.
  [[nodiscard]] std::shared_ptr<const std::string> evidence();
  [[nodiscard]] bool forked() const { return host_.forked(); }

  // teller
  void tell(call&& ready) noexcept override { dispatcher_.post(std::move(ready)); }
  std::uint64_t look_at(core::nanos when, std::function<void()> what) override {
    return at(when, std::move(what));
  }
  void forget(core::nanos when, std::uint64_t number) noexcept override {
    host_.forget(when, number);
  }

 private:
  // life_cycle
  void closes() override { state_ = state::closing; }
  void finished() noexcept override;
  void vacated(core::election_id id) override { electorate_.remove(id); }
  void left_behind();
  void looked(kept_files::news&& news);
  void warn_of_ends();
  void give_up(reason why) noexcept;
  void go_on();
  void end_some();
  void closed() noexcept;

  enum class state { fresh, open, closing, closed };
  state state_ = state::fresh;
  std::shared_ptr<session_impl> self_;  // while the loop has handles of ours
  reason why_ended_ = reason::session_closed;
  bool loss_untold_ = false;  // the session's user is to be told why it ended
  bool ending_ = false;       // its clients are being told
  bool draining_ = false;     // it waits for the dispatcher's queue
  std::function<void()> closed_;
  session_options options_;
  turn turn_;
  dispatcher dispatcher_;
  logger log_;
  teller_line* line_ = nullptr;
  wire::electorate electorate_{""};
  wire::reporter report_;
  carrier carrier_{options_, electorate_, report_, dispatcher_, log_};
  audience audience_{electorate_, report_, dispatcher_, log_};
  kept_files files_;
  certificate_ends ends_;
  host host_{carrier_, audience_, dispatcher_, log_, *this};
};

}  // namespace tenure::detail
