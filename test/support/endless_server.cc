#include "test/support/endless_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace tenure::test {

namespace {

constexpr std::size_t piece = 65536;
constexpr int patience_ms = 20;  // how soon the end is noticed

bool wait_for(int fd, short what) {
  pollfd p{fd, what, 0};
  return poll(&p, 1, patience_ms) == 1;
}

}  // namespace

endless_server::endless_server(std::string begin, const std::string& again)
    : begin_(std::move(begin)) {
  while (again_.size() < piece) again_ += again;
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (bind(listener_, address, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, address, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { serve(); });
}

endless_server::~endless_server() {
  ending_ = true;
  thread_.join();
  close(listener_);
}

std::string endless_server::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void endless_server::serve() {
  while (!ending_) {
    if (!wait_for(listener_, POLLIN)) continue;
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    answer(fd);
    close(fd);
  }
}

void endless_server::answer(int fd) {
  char request[4096];
  while (!ending_ && !wait_for(fd, POLLIN)) {
  }
  if (ending_ || recv(fd, request, sizeof request, 0) <= 0) return;
  const std::string* what = &begin_;
  std::size_t at = 0;
  while (!ending_) {
    if (at == what->size()) {
      what = &again_;
      at = 0;
    }
    if (!wait_for(fd, POLLOUT)) continue;
    const ssize_t n = send(fd, what->data() + at, what->size() - at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) return;
    at += static_cast<std::size_t>(n);
    sent_ += static_cast<std::uint64_t>(n);
  }
}

}  // namespace tenure::test
