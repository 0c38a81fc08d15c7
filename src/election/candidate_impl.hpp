// A candidate behind its handle. Its owners are the handle, the session until it says `ended`, and
// whatever is posted for it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "core/message.hpp"
#include "session/client.hpp"
#include "session/session_impl.hpp"
#include "tenure/candidate.hpp"

namespace tenure::detail {

class candidate_impl final : public contender, public std::enable_shared_from_this<candidate_impl> {
 public:
  // The one way to stand. `made` is what stands, unless an error is returned. The caller has
  // checked the shard's name.
  [[nodiscard]] static error stand(session_impl& session, const candidate_options& options,
                                   candidate_events events, std::shared_ptr<candidate_impl>& made);
  candidate_impl(session_impl& session, core::election_id id, bool campaign_again,
                 candidate_events events);
  ~candidate_impl() override;

  error stand_again();
  void work_stopped(std::int64_t fencing_token);
  error resign(milliseconds limit, std::function<void(const error&)> done);
  bool close(std::function<void()> closed);
  void silence();  // the handle is gone
  // Fencing token of the leadership whose loss is being told; 0: none is.
  [[nodiscard]] std::int64_t ending() const { return ending_; }
  [[nodiscard]] bool leading() const { return node_ != nullptr && !node_->cancelled(); }
  [[nodiscard]] bool in_use() const { return session_ != nullptr; }

  void told(const core::campaigning& what) override;
  void told(const core::position& where) override;
  void told(const core::acquired& term) override;
  void told(const core::cancelled& end) override;
  void told(const core::lost& end) override;
  void told(const core::resigned& what) override;
  void told_leader(const leader_info& who) override;
  void told_trouble(const error& what) override;
  void ended() override;

 private:
  struct promise {  // to say how a resignation went
    std::uint32_t id;
    std::function<void(const error&)> done;
    core::nanos until = 0;  // it is answered as timed out then
    std::uint64_t alarm = 0;
  };

  // Calls `what` from the loop unless the handle is gone by then.
  template <class Call>
  void post(Call&& what);
  void tell_lost(reason why, const std::string& in_words);
  bool never_began(std::int64_t term);
  void end_term();
  std::uint32_t promised(std::function<void(const error&)> done);
  void answer_all(const error& how);
  void answer_one(std::uint32_t id, const error& how);

  session_impl* session_;  // null: ended
  core::election_id id_;
  bool again_;
  candidate_events events_;
  bool silent_ = false;
  bool closing_ = false;
  bool owed_ = false;  // `acquired` was told, and its end was not
  bool out_ = false;   // resigned, or lost without standing again: `stand_again` is needed
  token_node* node_ = nullptr;
  std::int64_t term_ = 0;  // fencing token of the last leadership; 0: none yet
  std::int64_t told_ = 0;  // and of the last one that was told
  std::int64_t ending_ = 0;
  std::vector<promise> promises_;
  std::function<void()> closed_;
  std::uint32_t last_promise_ = 0;
};

}  // namespace tenure::detail
