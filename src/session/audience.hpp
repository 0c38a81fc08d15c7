// Who is told what: the session's user, the clients of each election, the reader of all keys.
// Nothing here calls the user: that is posted to the dispatcher.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "core/action.hpp"
#include "core/machine.hpp"
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
  audience(const wire::electorate& elections, const wire::reporter& report, dispatcher& later,
           logger& log)
      : elections_(elections), report_(report), later_(later), log_(log) {}

  void open(session_events events) { events_ = std::move(events); }
  // The session's user is told nothing any more.
  void silence() { silent_ = true; }

  // What the core says in a turn that began at `now`. `besides`: what came with the event that it
  // took.
  void tell(core::nanos now, const core::machine& core, const core::tell& news, said& besides);
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
  void tell_key_reader(const core::tell& news, said& besides);
  void tell_trouble(core::nanos now, const core::tell& news, const said& besides);
  void tell_election(const core::tell& news, const said& besides);
  void tell_leader(core::election_id id, said& besides);
  [[nodiscard]] error failure_of(const core::tell& news, const said& besides) const;
  static void end_clients(slot& of);
  // Calls the session's user from the loop.
  template <class Event, class... What>
  void post(Event session_events::*event, What... what);

  const wire::electorate& elections_;
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
