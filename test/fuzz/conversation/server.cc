#include "test/fuzz/conversation/server.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test/fuzz/require.hpp"

namespace fuzz {

namespace {

// One for all conversations: an address is not free again at once.
struct listener {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int port = 0;

  listener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_ANY);
    require(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    require(listen(fd, 128) == 0);
    socklen_t size = sizeof at;
    require(getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port = ntohs(at.sin_port);
  }
};

const listener& listening() {
  static const listener the;
  return the;
}

std::string chunked(std::string_view bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return std::string(size).append(bytes).append("\r\n");
}

}  // namespace

line::~line() { reset(); }

// So that neither end keeps the port: thousands of connections a second would use them up.
void line::reset() {
  if (fd_ < 0) return;
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd_);
  fd_ = -1;
}

void line::answer(int status, std::string_view body) {
  out_ += "HTTP/1.1 " + std::to_string(status) +
          " Status\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n";
  out_ += body;
}

void line::begin_stream() {
  if (!begun) {
    out_ +=
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  }
  begun = true;
}

void line::chunk(std::string_view bytes) {
  if (bytes.empty()) return;
  begin_stream();
  out_ += chunked(bytes);
}

bool line::read() {
  bool some = false;
  char buffer[1u << 14];
  for (ssize_t got = 0; open();) {
    got = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got == 0) reset();
    if (got <= 0) break;
    in_.append(buffer, static_cast<std::size_t>(got));
    some = true;
  }
  return some;
}

bool line::write(std::size_t piece) {
  if (!open()) return false;
  if (out_.empty()) return false;
  const std::size_t size = piece == 0 ? out_.size() : std::min(piece, out_.size());
  const ssize_t sent = ::send(fd_, out_.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent <= 0) return false;
  out_.erase(0, static_cast<std::size_t>(sent));
  // A reset would take away what the client has not read yet.
  if (out_.empty() && ending_) shutdown(fd_, SHUT_WR);
  return true;
}

server::server(script& to) : to_(to) { (void)listening(); }

// What was never taken is not left to the next conversation.
server::~server() {
  lines_.clear();
  for (int fd = 0; fd >= 0;) {
    fd = accept4(listening().fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) line(fd).reset();
  }
}

int server::port() const { return listening().port; }

std::vector<line*> server::streams() const {
  std::vector<line*> out;
  for (const auto& each : lines_) {
    if (each->open() && each->streams) out.push_back(each.get());
  }
  return out;
}

line* server::stream() const {
  const std::vector<line*> all = streams();
  return all.empty() ? nullptr : all.back();
}

bool server::look_after() {
  bool some = false;
  for (;;) {
    const int fd = accept4(listening().fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) break;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    lines_.push_back(std::make_unique<line>(fd));
    ++accepted_;
    some = true;
  }
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    line& on = *lines_[i];
    some = on.read() || some;
    while (on.open() && parse(on)) some = true;
    some = on.write(piece) || some;
  }
  lines_.erase(
      std::remove_if(lines_.begin(), lines_.end(), [](const auto& each) { return !each->open(); }),
      lines_.end());
  return some;
}

bool server::parse(line& on) {
  std::string& in = on.in_;
  if (on.in_chunks_) {
    const std::size_t end = in.find("\r\n");
    if (end == std::string::npos) return false;
    const std::size_t size = std::strtoul(in.c_str(), nullptr, 16);
    if (in.size() < end + 2 + size + 2) return false;
    const std::string bytes = in.substr(end + 2, size);
    in.erase(0, end + 2 + size + 2);
    on.in_chunks_ = size != 0;
    if (size != 0) to_.uploaded(on, bytes);
    return true;
  }
  const std::size_t end = in.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string head = in.substr(0, end);
  require(head.compare(0, 5, "POST ") == 0);
  const std::string path = head.substr(5, head.find(' ', 5) - 5);
  ++requests_;
  if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
    in.erase(0, end + 4);
    on.in_chunks_ = true;
    return true;
  }
  const std::size_t at = head.find("Content-Length: ");
  require(at != std::string::npos);
  const std::size_t size = std::strtoul(head.c_str() + at + 16, nullptr, 10);
  if (in.size() < end + 4 + size) {
    --requests_;
    return false;
  }
  const std::string body = in.substr(end + 4, size);
  in.erase(0, end + 4 + size);
  if (path == "/v3/watch") {
    to_.uploaded(on, body);
  } else {
    to_.asked(on, path, body);
  }
  return true;
}

}  // namespace fuzz
