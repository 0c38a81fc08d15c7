#include "net/cloexec.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace tenure::net {

namespace {

bool is_inherited_unix_stream(int fd) {
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0) return false;
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

// How much has arrived there and was not read; and how much was sent from there that the other end
// did not read.
struct load {
  int unread = -1;
  int unsent = -1;
};

load look_at(int fd) {
  load seen;
  if (ioctl(fd, FIONREAD, &seen.unread) != 0) seen.unread = -1;
  if (ioctl(fd, SIOCOUTQ, &seen.unsent) != 0) seen.unsent = -1;
  return seen;
}

struct suspect {
  int fd = -1;
  load before;
  bool carried = false;  // the wake-up went through it
};

// The numbers that the next two descriptors will have, unless another thread is faster.
std::array<int, 2> next_two() {
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return {-1, -1};
  for (const int each : ends) close(each);
  return ends;
}

}  // namespace

// Its own descriptors are known by what a wake-up does to them: one end gets a byte, the other has
// sent it, and with the next poll both are as before. Other threads may open and close descriptors
// meanwhile: no other pair behaves so. Only a few numbers are looked at, however many are open.
CURLM* open_multi_close_on_exec() {
  const std::array<int, 2> next = next_two();
  CURLM* multi = curl_multi_init();
  if (multi == nullptr || next[0] < 0) return multi;
  constexpr int around = 16;
  std::array<suspect, around + 1> all;
  std::size_t count = 0;
  const auto suspects = [&](int fd) {
    if (is_inherited_unix_stream(fd)) all[count++] = {fd, look_at(fd), false};
  };
  const int first = std::min(next[0], next[1]);
  const int second = std::max(next[0], next[1]);
  for (int fd = first; fd < first + around; ++fd) suspects(fd);
  if (second >= first + around) suspects(second);
  if (count == 0) return multi;
  curl_multi_wakeup(multi);
  for (suspect& each : all) {
    if (each.fd < 0) continue;
    const load now = look_at(each.fd);
    each.carried = now.unread == each.before.unread + 1 ||
                   (now.unread == each.before.unread && now.unsent > each.before.unsent);
  }
  curl_multi_poll(multi, nullptr, 0, 0, nullptr);  // takes the wake-up back
  for (const suspect& each : all) {
    if (!each.carried) continue;
    const load now = look_at(each.fd);
    if (now.unread == each.before.unread && now.unsent == each.before.unsent)
      fcntl(each.fd, F_SETFD, FD_CLOEXEC);
  }
  return multi;
}

curl_socket_t open_socket_close_on_exec(const curl_sockaddr& address) {
  return socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

}  // namespace tenure::net
