// The facade: ties the core, etcd's words and the transport to a uv loop and to the user's
// callbacks.
//
// One turn, always in this order: take the time, feed the event to the core, end the tokens that it
// ends, move the deadline, start and stop I/O; the user's callbacks follow from the dispatcher.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <uv.h>

#include "base/random.hpp"
#include "core/machine.hpp"
#include "etcd/framing.hpp"
#include "loop/dispatcher.hpp"
#include "loop/logger.hpp"
#include "loop/turn.hpp"
#include "net/transport.hpp"
#include "session/client.hpp"
#include "session/slots.hpp"
#include "tenure/session.hpp"
#include "token/session_deadline.hpp"
#include "token/token_state.hpp"
#include "wire/decode.hpp"
#include "wire/decode_watch.hpp"
#include "wire/electorate.hpp"
#include "wire/encode.hpp"
#include "wire/failure.hpp"

namespace tenure::detail {

class session_impl final : public net::receiver,
                           public teller,
                           public std::enable_shared_from_this<session_impl> {
 public:
  session_impl();
  ~session_impl();

  error open(uv_loop_t* loop, const session_options& options, session_events events);
  bool close(std::function<void()> closed);
  void silence();  // the handle is gone: close without callbacks
  [[nodiscard]] bool is_open() const { return state_ == state::open && !forked(); }
  [[nodiscard]] session_stats stats() const;
  [[nodiscard]] static error not_open() { return {errc::closed, "the session is not open", 0}; }

  // For its clients.
  wire::electorate& elections() { return elections_; }
  detail::slots& slots() { return slots_; }
  // The client that reads all keys; null: nobody does.
  [[nodiscard]] const std::shared_ptr<detail::key_reader>& key_reader() const {
    return key_reader_;
  }
  void set_key_reader(std::shared_ptr<detail::key_reader> who);
  void apply(const core::event& e);
  void post(std::function<void()> what) { dispatcher_.post(std::move(what)); }
  // Calls `what` from the loop, not before this moment.
  void at(core::nanos when, std::function<void()> what);
  [[nodiscard]] std::int64_t lease() const { return machine_->lease_id(); }
  // The token of a leadership that begins; null without memory.
  token_node* begin_term();
  logger& log() { return log_; }
  // What speaks for and against the lease at this moment, in words; for those who lose a
  // leadership.
  [[nodiscard]] std::shared_ptr<const std::string> evidence();
  [[nodiscard]] bool forked() const;

  // net::receiver
  void replied(std::uint64_t call, net::reply&& reply) override;
  void streamed(std::uint64_t stream, std::string_view bytes) override;
  void stream_ended(std::uint64_t stream, net::reply&& last) override;
  // teller
  void tell(std::function<void()> what) override { post(std::move(what)); }
  void look_at(core::nanos when, token_node* root) override;

 private:
  error check(const session_options& options, core::settings& settings,
              net::transport_config& config);
  void understand(std::uint64_t call, const net::reply& reply);
  void stop(const char* invariant);
  void perform();
  void perform(core::send& s);
  void perform(const core::open_stream& s);
  void tell_news(const core::tell& t);
  void tell_election(const core::tell& t);
  void tell_leader(core::election_id id);
  void tell_key_reader(const core::tell& t);
  void arm();
  void woke();
  error last_failure(const core::tell& t) const;
  void read_backlog(std::uint64_t stream);
  void break_stream(std::uint64_t stream);
  void forget_backlog();
  void tear_down();
  void end_elections(core::election_id from);
  void closed();

  enum class state { fresh, open, closing, closed };
  state state_ = state::fresh;
  bool silent_ = false;
  bool finished_ = false;
  std::uint32_t life_ = 0;
  uv_loop_t* loop_ = nullptr;
  std::shared_ptr<session_impl> self_;  // while the loop has handles of ours
  uv_timer_t timer_{};
  core::nanos armed_ = 0;
  session_options options_;
  session_events events_;
  std::function<void()> closed_;
  logger log_;
  turn turn_;
  dispatcher dispatcher_;
  random_choices choices_;
  wire::electorate elections_{""};
  detail::slots slots_;
  wire::reporter report_{options_.endpoints};
  wire::encoder encoder_{elections_, options_};
  wire::decoder decoder_{elections_, report_};
  wire::watch_decoder watch_decoder_{elections_, report_};
  std::shared_ptr<detail::key_reader> key_reader_;
  std::optional<core::machine> machine_;
  net::transport transport_;
  std::string token_;
  std::unordered_map<std::uint64_t, wire::expected> calls_;
  std::uint64_t stream_ = 0;
  std::uint32_t stream_endpoint_ = 0;
  std::unique_ptr<etcd::framing> framing_;
  std::string backlog_;  // of the stream, where it brings more than one turn may take
  std::size_t backlog_read_ = 0;
  error failure_;  // what the answer being handled says, if it is a failure
  // What the answer or message being handled says of all keys, until the core has judged it.
  std::vector<etcd::key_value> page_;
  std::vector<etcd::watch_event> changes_;
  std::vector<wire::leader_read> leaders_;
  std::multimap<core::nanos, std::function<void()>> alarms_;
  session_deadline deadline_;
  bool broken_ = false;
  std::shared_ptr<const std::string> evidence_;  // null: not put into words in this step
  std::string last_trouble_;                     // and when it was
  core::nanos trouble_at_ = 0;
  teller_line* line_ = nullptr;
  std::vector<core::action> actions_;
};

}  // namespace tenure::detail
