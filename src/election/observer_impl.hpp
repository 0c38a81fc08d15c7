// An observer behind its handle.
#pragma once

#include <memory>
#include <string>

#include "election/follower.hpp"
#include "session/client.hpp"
#include "tenure/observer.hpp"

namespace tenure::detail {

class observer_impl final : public client, public follower {
 public:
  // The shard's name was checked.
  [[nodiscard]] static std::shared_ptr<observer_impl> follow(session_impl& session,
                                                             const std::string& shard,
                                                             observer_events events);
  observer_impl(session_impl& session, core::election_id id, observer_events events);

  void told_leader(const leader_info& who) override;
  void told_trouble(const error& what) override;
  void ended() override { end(); }

 private:
  void detach() override;

  core::election_id id_;
  observer_events events_;
};

}  // namespace tenure::detail
