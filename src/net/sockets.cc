#include "net/sockets.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tenure::net {

namespace {

using name_fn = int (*)(int, sockaddr*, socklen_t*);

// The port of one of its ends; 0 if there is no such end.
int port(int fd, name_fn end) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (end(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) return 0;
  if (at.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in*>(&at)->sin_port);
  if (at.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6*>(&at)->sin6_port);
  return 0;
}

// Whether its other end is this one.
bool leads_to(int fd, const std::string& address, int remote_port) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (port(fd, getpeername) != remote_port) return false;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0) return false;
  in_addr v4{};
  in6_addr v6{};
  if (at.ss_family == AF_INET && inet_pton(AF_INET, address.c_str(), &v4) == 1)
    return v4.s_addr == reinterpret_cast<sockaddr_in*>(&at)->sin_addr.s_addr;
  if (at.ss_family == AF_INET6 && inet_pton(AF_INET6, address.c_str(), &v6) == 1)
    return IN6_ARE_ADDR_EQUAL(&v6, &reinterpret_cast<sockaddr_in6*>(&at)->sin6_addr);
  return false;
}

bool nothing_to_read(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

// What has not connected yet has not ended.
bool has_ended(int fd) {
  char byte = 0;
  const ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != ENOTCONN && errno != EINVAL);
}

}  // namespace

std::optional<std::uint64_t> bytes_read(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  int unread = 0;
  if (ioctl(fd, FIONREAD, &unread) != 0) return {};
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  if (size < offsetof(tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) return {};
  const std::uint64_t came = info.tcpi_bytes_received;
  const auto waiting = static_cast<std::uint64_t>(unread);
  return came > waiting ? came - waiting : 0;
}

bool sockets::quiet(int local_port, int remote_port) const {
  for (const auto& [each, path] : fds_) {
    if (!path.empty() || port(each, getsockname) != local_port) continue;
    const int remote = port(each, getpeername);
    if (remote == 0) return false;  // it was reset
    if (remote == remote_port) return nothing_to_read(each);
  }
  return true;
}

void sockets::cut(const std::string& address, int remote_port) const {
  for (const auto& [each, path] : fds_) {
    if (leads_to(each, address, remote_port)) shutdown(each, SHUT_RDWR);
  }
}

bool sockets::quiet(const std::string& path) const {
  return std::none_of(fds_.begin(), fds_.end(), [&](const auto& each) {
    return each.second == path && has_ended(each.first);
  });
}

void sockets::cut(const std::string& path) const {
  for (const auto& [each, its] : fds_) {
    if (its == path) shutdown(each, SHUT_RDWR);
  }
}

void sockets::let_go() {
  if (fds_.empty()) return;
  int nowhere = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool full = nowhere < 0;  // the table of descriptors: then one of these makes room
  if (full) {
    close(fds_.begin()->first);
    nowhere = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }
  for (const auto& [each, path] : fds_) {
    if (each != nowhere) dup3(nowhere, each, O_CLOEXEC);
  }
  if (nowhere >= 0 && fds_.count(nowhere) == 0) close(nowhere);
}

}  // namespace tenure::net
