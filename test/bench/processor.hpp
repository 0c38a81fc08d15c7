// A processor for the measured process alone, so that the clock tells of it and not of who else was
// scheduled.
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
