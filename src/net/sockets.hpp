// The sockets that curl has open for us: found again by their two ends, and let go in a forked
// child.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace tenure::net {

// How much was read of a TCP connection, ever: TLS, headers and all. Nothing where the system does
// not say it.
[[nodiscard]] std::optional<std::uint64_t> bytes_read(int fd);

class sockets {
 public:
  void opened(int fd) { fds_.insert(fd); }
  void closed(int fd) { fds_.erase(fd); }
  // Whether the connection between these two ports can take a request: it has not ended, and
  // nothing came on it that nobody asked for. True of one that is not known.
  [[nodiscard]] bool quiet(int local_port, int remote_port) const;
  // Shuts down all connections to this literal address and port.
  void cut(const std::string& address, int remote_port) const;
  // For a forked child: the connections are its parent's. Their numbers here name a socket that
  // leads nowhere, so that what TLS writes as it ends, and libuv takes back, does not reach them.
  void let_go();

 private:
  std::set<int> fds_;
};

}  // namespace tenure::net
