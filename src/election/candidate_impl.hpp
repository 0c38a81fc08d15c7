// A candidate behind its handle. Shared by the handle and the session; freed when both are done
// with it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/action.hpp"
#include "session/session_impl.hpp"
#include "tenure/candidate.hpp"

namespace tenure::detail {

class candidate_impl {
 public:
  candidate_impl(session_impl* session, core::election_id id, bool campaign_again,
                 candidate_events events);

  error stand_again();
  void work_stopped();
  error resign(milliseconds limit, std::function<void(const error&)> done);
  bool close(std::function<void()> closed);
  void silence();  // the handle is gone
  [[nodiscard]] bool leading() const { return node_ != nullptr && !node_->cancelled(); }
  [[nodiscard]] bool closing() const { return closing_; }
  [[nodiscard]] bool ended() const { return session_ == nullptr; }

  void hold() { ++refs_; }
  void release();

  // From the core, by way of the session.
  void told(const core::tell& t, const error& failure);
  void told_leader(const leader_info& who);
  // The session is over.
  void session_ended();

 private:
  ~candidate_impl();
  struct promise {  // to say how a resignation, or the close, went
    std::uint32_t id;
    std::function<void(const error&)> done;
  };

  // Calls `what` from the loop unless the handle is gone by then.
  template <class Call>
  void post(Call&& what);
  void acquired(std::int64_t fencing_token);
  void lost(reason why);
  bool never_began(std::uint32_t term);
  void end_term();
  std::uint32_t promised(std::function<void(const error&)> done);
  void answer_all(const error& how);
  void answer_one(std::uint32_t id, const error& how);

  session_impl* session_;
  core::election_id id_;
  bool again_;
  candidate_events events_;
  int refs_ = 2;  // the handle's and the session's
  bool silent_ = false;
  bool closing_ = false;
  bool owed_ = false;  // `acquired` was told, and its end was not
  bool out_ = false;   // resigned, or lost without standing again: `stand_again` is needed
  token_node* node_ = nullptr;
  std::uint32_t terms_ = 0;  // leaderships so far
  std::uint32_t told_ = 0;   // the last of them that was told
  std::vector<promise> promises_;
  std::uint32_t last_promise_ = 0;
};

}  // namespace tenure::detail
