// Who is told what: the session's user, the clients of each election, the reader of all keys.
// Nothing here calls the user: that is posted to the dispatcher.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/machine.hpp"
#include "core/message.hpp"
#include "loop/dispatcher.hpp"
#include "loop/logger.hpp"
#include "session/client.hpp"
#include "session/evidence.hpp"
#include "session/said.hpp"
#include "session/slots.hpp"
#include "tenure/session.hpp"
#include "wire/electorate.hpp"
#include "wire/failure.hpp"

namespace tenure::detail {

class audience {
 public:
  // They must outlive it.
  audience(const wire::electorate& electorate, const wire::reporter& report, dispatcher& later,
           logger& log)
      : electorate_(electorate), report_(report), later_(later), log_(log) {}

  void open(session_events events) { events_ = std::move(events); }
  // The session's user is told nothing any more.
  void silence() { silent_ = true; }

  // What the core says. `besides`: what came with the event that it took.
  struct occasion {
    core::nanos now;  // the turn began then
    const core::machine& core;
    const said& besides;
  };
  void tell(const core::to_session& what, const occasion& in);
  void tell(const core::to_candidate& what, const said& besides);
  void tell(const core::leader_changed& what, said& besides);
  void tell(const core::to_reader& what, said& besides);
  // Something that is no request of the core's failed, and is tried again.
  void tell_trouble(const error& what);
  // `event` is the log's word for it.
  void warn(std::string_view event, const std::string& what);
  // The session's user is told that all leaderships are lost.
  void tell_lost(const error& why);
  // Tells some clients their end. False: all have been told. If memory runs out in it, it can be
  // called again.
  [[nodiscard]] bool end_some();

  detail::slots& slots() { return slots_; }
  [[nodiscard]] const std::shared_ptr<detail::key_reader>& key_reader() const {
    return key_reader_;
  }
  void set_key_reader(std::shared_ptr<detail::key_reader> who) { key_reader_ = std::move(who); }
  // Where the next page of a read of all keys begins.
  [[nodiscard]] std::string_view next_key() const {
    return key_reader_ != nullptr ? key_reader_->next_key() : std::string_view();
  }
  [[nodiscard]] detail::evidence& evidence() { return evidence_; }

 private:
  void tell_user(const core::lease_granted& what, const occasion& in);
  void tell_user(const core::lease_lost& what, const occasion& in);
  void tell_user(const core::jeopardy& what, const occasion& in);
  void tell_user(const core::safe& what, const occasion& in);
  void tell_user(const core::stalled& what, const occasion& in);
  void tell_user(const core::all_cancelled& what, const occasion& in);
  void tell_user(const core::timings_refused& what, const occasion& in);
  void tell_user(const core::trouble& what, const occasion& in);
  // What the candidate is told in another way than the core said it.
  void tell_candidate(slot& of, const core::left& what, const said& besides);
  void tell_candidate(slot& of, const core::tampered& what, const said& besides);
  void tell_candidate(slot& of, const core::stand_delayed& what, const said& besides);
  void tell_candidate_trouble(slot& of, core::election_id id, const error& what);
  template <class Message>
  void tell_candidate(slot& of, const Message& what, const said& besides);
  // What etcd or the connection said, if it said anything.
  [[nodiscard]] error failure_of(core::op what, core::outcome how, std::uint32_t endpoint,
                                 const said& besides) const;
  static void end_clients(slot& of);
  // Calls the session's user from the loop.
  template <class Event, class... What>
  void post(Event session_events::*event, What... what);

  const wire::electorate& electorate_;
  const wire::reporter& report_;
  dispatcher& later_;
  logger& log_;
  session_events events_;
  bool silent_ = false;
  detail::slots slots_;
  std::shared_ptr<detail::key_reader> key_reader_;  // null: nobody reads all keys
  detail::evidence evidence_;
  core::election_id ended_to_ = 0;
};

}  // namespace tenure::detail
