#include "test/bench/raw.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace bench {

std::int64_t now_ns() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

void fail(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

connection::connection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    fail("cannot connect to etcd");
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval longest{30, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
}

connection::~connection() { close(fd_); }

void connection::send(std::string_view method, std::string_view path, std::string_view body) {
  std::string out;
  out.reserve(128 + body.size());
  out.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  if (method == "POST")
    out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  out.append("\r\n").append(body);
  for (std::size_t at = 0; at < out.size();) {
    const ssize_t n = write(fd_, out.data() + at, out.size() - at);
    if (n <= 0) fail("cannot write to etcd");
    at += static_cast<std::size_t>(n);
  }
}

void connection::read_some() {
  char bytes[65536];
  const ssize_t n = read(fd_, bytes, sizeof bytes);
  if (n <= 0) fail("etcd does not answer");
  in_.append(bytes, static_cast<std::size_t>(n));
}

std::string connection::receive() {
  std::size_t head = 0;
  while ((head = in_.find("\r\n\r\n")) == std::string::npos) read_some();
  head += 4;
  const std::string headers = in_.substr(0, head);
  std::string body;
  const std::size_t length_at = headers.find("Content-Length: ");
  if (length_at != std::string::npos) {
    const auto length = static_cast<std::size_t>(std::atoll(headers.c_str() + length_at + 16));
    while (in_.size() < head + length) read_some();
    body = in_.substr(head, length);
    in_.erase(0, head + length);
  } else {  // chunked
    std::size_t at = head;
    while (true) {
      std::size_t line = 0;
      while ((line = in_.find("\r\n", at)) == std::string::npos) read_some();
      const auto length = static_cast<std::size_t>(std::strtoul(in_.c_str() + at, nullptr, 16));
      at = line + 2;
      while (in_.size() < at + length + 2) read_some();
      body.append(in_, at, length);
      at += length + 2;
      if (length == 0) break;
    }
    in_.erase(0, at);
  }
  if (headers.compare(9, 3, "200") != 0) fail("etcd refuses: " + body);
  return body;
}

std::string connection::post(std::string_view path, std::string_view body) {
  send("POST", path, body);
  return receive();
}

std::string connection::get(std::string_view path) {
  send("GET", path, {});
  return receive();
}

watch::watch(std::uint16_t port, std::string_view prefix) : connection(port) {
  send("POST", "/v3/watch", R"({"create_request":{)" + prefix_fields(prefix) + "}}");
  while (in_.find(R"("created":true)") == std::string::npos) read_some();
  in_.clear();
}

// Each change has one "mod_revision"; the word cannot occur in base64, nor in a header.
void watch::await_changes(std::size_t count) {
  constexpr std::string_view word = R"("mod_revision")";
  while (true) {
    std::size_t at = 0;
    for (std::size_t next = 0; (next = in_.find(word, at)) != std::string::npos;
         at = next + word.size())
      ++seen_;
    // The end may be the beginning of the word.
    in_.erase(0, std::max(at, in_.size() < word.size() ? 0 : in_.size() - word.size() + 1));
    if (seen_ >= count) break;
    read_some();
  }
  seen_ -= count;
}

std::string base64(std::string_view bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned three = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      three = three << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? digits[three >> (18 - 6 * j) & 63U] : '=';
    }
  }
  return out;
}

std::string key_field(std::string_view key) { return R"("key":")" + base64(key) + '"'; }

std::string prefix_fields(std::string_view prefix) {
  std::string end(prefix);
  ++end.back();
  return key_field(prefix) + R"(,"range_end":")" + base64(end) + '"';
}

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::atoi(endpoint.c_str() + endpoint.rfind(':') + 1));
}

}  // namespace bench
