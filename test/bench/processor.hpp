// A processor for the measured process alone. So the clock tells of that process, and of nobody
// else who was scheduled.
#pragma once

#include <sys/types.h>

namespace bench {

// While it lives, this process, what it starts and `server` with all its threads keep off one
// processor, which is for those that take() it. With a single processor it does nothing.
class own_processor {
 public:
  explicit own_processor(pid_t server);
  own_processor(const own_processor&) = delete;
  own_processor& operator=(const own_processor&) = delete;
  ~own_processor();

  void take(pid_t process) const;

 private:
  pid_t server_;
};

}  // namespace bench
