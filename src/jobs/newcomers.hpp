// Which processes came just now. They may be gone as soon, so nothing is given to them yet. Pure.
#pragma once

#include <unordered_map>

#include "core/time.hpp"
#include "jobs/shares.hpp"

namespace tenure::jobs {

class newcomers {
 public:
  // Whoever was first seen less than `delay` ago is new.
  explicit newcomers(core::nanos delay) : delay_(delay) {}

  // It is seen in a queue. True: it is new.
  bool see(instance_id who, core::nanos now);
  // Those who were not seen for long. Only when there are many.
  void forget_absent(core::nanos now);

 private:
  struct presence {
    core::nanos first;
    core::nanos last;
  };
  core::nanos delay_;
  std::unordered_map<instance_id, presence> seen_;
};

}  // namespace tenure::jobs
