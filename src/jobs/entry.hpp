// One job of a runner's list: whether it is sought, runs or is being stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "core/time.hpp"
#include "election/candidate_impl.hpp"
#include "tenure/job_runner.hpp"

namespace tenure::jobs {

enum class work : std::uint8_t { idle, running, stopping };

// Callbacks that the user holds see it by a weak pointer: it goes when its runner forgets it.
struct entry : std::enable_shared_from_this<entry> {
  explicit entry(job what) : what(std::move(what)) {}
  ~entry() {
    if (candidate != nullptr) candidate->silence();
  }

  job what;
  std::shared_ptr<detail::candidate_impl> candidate;  // null: has never stood
  work state = work::idle;
  bool told_to_stop = false;       // this run
  bool stands = false;             // in the election, or as soon as it can
  bool removing = false;           // the user wants it to leave the list
  bool candidate_closed = false;   // removing, and its key is gone
  std::size_t in_front = 0;        // while waiting; 0: not known
  std::uint64_t runs = 0;          // how often it was started
  std::int64_t fencing_token = 0;  // of its candidate's last leadership
  core::nanos running_since = 0;
  core::nanos not_before = 0;  // it is not sought before
  int failures = 0;            // in a row
  std::function<void()> removed;
};

}  // namespace tenure::jobs
