#include "net/cloexec.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace tenure::net {

namespace {

bool is_inherited_unix_stream(int fd) {
  const int flags = fcntl(fd, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC) != 0) return false;
  int domain = 0;
  socklen_t size = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

std::vector<int> inherited_unix_streams() {
  std::vector<int> found;
  DIR* dir = opendir("/proc/self/fd");
  if (dir == nullptr) return found;
  while (const dirent* entry = readdir(dir)) {
    char* end = nullptr;
    const long fd = std::strtol(entry->d_name, &end, 10);
    if (end == entry->d_name || *end != '\0') continue;
    if (is_inherited_unix_stream(static_cast<int>(fd))) found.push_back(static_cast<int>(fd));
  }
  closedir(dir);
  std::sort(found.begin(), found.end());
  return found;
}

int unread(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

}  // namespace

CURLM* open_multi_close_on_exec() {
  const std::vector<int> before = inherited_unix_streams();
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) return nullptr;
  std::vector<int> fresh;
  for (const int fd : inherited_unix_streams()) {
    if (!std::binary_search(before.begin(), before.end(), fd)) fresh.push_back(fd);
  }
  // Another thread may have opened sockets in these microseconds, perhaps to hand them to a child.
  // The end at which a wake-up arrives is certainly curl's. The other end is taken only if there is
  // no third descriptor to confuse it with.
  if (fresh.size() != 2) return multi;
  const int earlier[] = {unread(fresh[0]), unread(fresh[1])};
  curl_multi_wakeup(multi);
  const bool is_pair = (unread(fresh[0]) > earlier[0]) != (unread(fresh[1]) > earlier[1]);
  curl_multi_poll(multi, nullptr, 0, 0, nullptr);  // takes the wake-up back
  if (!is_pair) return multi;
  for (const int fd : fresh) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return multi;
}

curl_socket_t open_socket_close_on_exec(const curl_sockaddr& address) {
  return socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

}  // namespace tenure::net
