// The sockets that curl has open for us: found again by their two ends, and let go in a forked
// child.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tenure::net {

// How much was read of a TCP connection, ever: TLS, headers and all. Nothing where the system does
// not say it.
[[nodiscard]] std::optional<std::uint64_t> bytes_read(int fd);

class sockets {
 public:
  // `path`: of the unix socket that it will lead to.
  void opened(int fd, const std::string& path = {}) { fds_[fd] = path; }
  void closed(int fd) { fds_.erase(fd); }
  // Whether the connection between these two ports can take a request: it has not ended, and
  // nothing came on it that nobody asked for. True of one that is not known.
  [[nodiscard]] bool quiet(int local_port, int remote_port) const;
  // The same of connections to a unix socket, which have nothing to tell them apart: false if one
  // of them has ended.
  [[nodiscard]] bool quiet(const std::string& path) const;
  // Shuts down all connections to this literal address and port.
  void cut(const std::string& address, int remote_port) const;
  void cut(const std::string& path) const;  // to this unix socket
  // For a forked child: the connections are its parent's. Their numbers here name a socket that
  // leads nowhere, so that what TLS writes as it ends, and libuv takes back, does not reach them.
  void let_go();

 private:
  std::map<int, std::string> fds_;  // with the path of a unix socket
};

}  // namespace tenure::net
