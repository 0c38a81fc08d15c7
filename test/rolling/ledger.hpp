// Who ran which job when, from the event lines of examples/jobs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenure::rolling {

using nanos = std::int64_t;  // CLOCK_MONOTONIC, which all processes of one machine share

// One term of a job.
struct span {
  std::string job;
  std::string who;
  nanos from = 0;
  std::optional<nanos> to;  // its work had stopped
};

struct gap {
  std::string job;
  nanos from = 0;
  nanos length = 0;
};

class ledger {
 public:
  // Takes a line; false if it is none of an event.
  bool take(const std::string& line);

  // Sorted by job and time; call it when all lines are there.
  [[nodiscard]] const std::vector<span>& spans();
  // Between one term of a job and its next, of those that ended in this time.
  [[nodiscard]] std::vector<gap> gaps(nanos from, nanos to);
  // Jobs that ran twice at a time, or whose fencing token did not grow; empty if all is well.
  [[nodiscard]] std::vector<std::string> violations();

  // Now, as far as was read: job -> who.
  [[nodiscard]] const std::map<std::string, std::string>& runs() const { return runs_; }
  [[nodiscard]] std::size_t share(const std::string& who) const;

 private:
  struct mark {
    nanos t = 0;
    std::string job;
    std::string who;
    bool starts = false;
    std::int64_t token = 0;
  };
  void build();

  std::vector<mark> marks_;
  std::vector<span> spans_;
  std::vector<std::string> violations_;
  std::map<std::string, std::string> runs_;
  bool built_ = false;
};

}  // namespace tenure::rolling
