// One election that `tenure campaign` stands in.
#ifndef TENURE_TOOL_STANDING_HPP
#define TENURE_TOOL_STANDING_HPP

#include <cstdint>
#include <functional>
#include <string>

#include <tenure/tenure.hpp>

#include "host.hpp"

namespace tenure::tool {

class standing {
 public:
  // `over` is called once, with an exit code: this election will not be stood in again.
  standing(host& on, const settings& chosen, std::string shard,
           std::function<void(int exit_code)> over);
  standing(const standing&) = delete;
  standing& operator=(const standing&) = delete;

  [[nodiscard]] error start();
  void hand_over();  // resigns, then stands again
  void leave();      // resigns for good

 private:
  enum class work { stopped, running, stopping };

  candidate_events callbacks();
  event happened(const char* name) const { return event(name, shard_); }

  void acquired(const leadership& term);
  void cancelled(std::int64_t fencing_token, reason why);
  void lost(reason why, const error& what);
  void resigned();
  void stop_work();
  void work_stopped(std::int64_t fencing_token);
  void resign(const std::function<void()>& done);
  void end(int exit_code);

  host& host_;
  const settings& chosen_;
  const std::string shard_;
  std::function<void(int)> over_;

  candidate candidate_;
  subscription cancellation_;       // of the term's token
  std::int64_t fencing_token_ = 0;  // of the present term, or of the last one
  work work_ = work::stopped;
  bool in_office_ = false;  // acquired, and neither lost nor resigned yet
  bool handing_over_ = false;
  bool ended_ = false;
};

}  // namespace tenure::tool

#endif
