#include "net/sockets.hpp"

#include <cerrno>

#include <netinet/in.h>
#include <sys/socket.h>

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

bool nothing_to_read(int fd) {
  char byte = 0;
  return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace

bool sockets::quiet(int local_port, int remote_port) {
  for (auto each = fds_.begin(); each != fds_.end();) {
    const int local = port(*each, getsockname);
    if (local == 0) {
      each = fds_.erase(each);
      continue;
    }
    if (local == local_port) {
      const int remote = port(*each, getpeername);
      if (remote == 0) return false;  // it was reset
      if (remote == remote_port) return nothing_to_read(*each);
    }
    ++each;
  }
  return true;
}

}  // namespace tenure::net
