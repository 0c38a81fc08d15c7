// The sockets that curl opened for us, found again by their two ends.
#pragma once

#include <set>

namespace tenure::net {

class sockets {
 public:
  void opened(int fd) { fds_.insert(fd); }
  // Whether the connection between these two ports can take a request: it has not ended, and
  // nothing came on it that nobody asked for. True of one that is not known.
  [[nodiscard]] bool quiet(int local_port, int remote_port);

 private:
  std::set<int> fds_;  // some may be closed, or somebody else's by now: only their ends count
};

}  // namespace tenure::net
