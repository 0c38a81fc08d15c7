#include "election/observer_impl.hpp"

#include <algorithm>
#include <utility>

#include "base/guarded.hpp"

namespace tenure::detail {

std::shared_ptr<observer_impl> observer_impl::follow(session_impl& session,
                                                     const std::string& shard,
                                                     observer_events events) {
  const core::election_id id = session.electorate().add(shard);
  session.slots().leave(id);  // in case that nobody comes
  auto made = std::make_shared<observer_impl>(session, id, std::move(events));
  made->get_ready();
  undo_unless_kept following([&] { made->silence(); });
  outlook& seen = session.slots()[id].see();
  seen.observers.push_back(made);
  if (seen.leader_known) made->told_leader(seen.leader);
  session.apply(core::observe{id, true});
  following.keep();
  return made;
}

observer_impl::observer_impl(session_impl& session, core::election_id id, observer_events events)
    : follower(session), id_(id), events_(std::move(events)) {}

void observer_impl::told_leader(const leader_info& who) {
  if (events_.leader) post([this, who] { events_.leader(who); });
}

void observer_impl::told_trouble(const error& what) {
  if (events_.trouble) post([this, what] { events_.trouble(what); });
}

void observer_impl::detach() {
  outlook& seen = session_->slots()[id_].see();
  seen.observers.erase(
      std::remove_if(seen.observers.begin(), seen.observers.end(),
                     [this](const std::shared_ptr<client>& each) { return each.get() == this; }),
      seen.observers.end());
  if (!seen.observers.empty()) return;
  seen.leader_known = false;
  session_->slots().leave(id_);
  session_->feed(core::observe{id_, false});
}

}  // namespace tenure::detail
