// A server on a thread of its own that answers each request with a beginning, and then with the
// same bytes again and again for as long as they are taken. It sends while the client's loop is
// busy, which a server on that loop cannot.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace tenure::test {

class endless_server {
 public:
  // `again`: repeated. Listens on 127.0.0.1 at a free port.
  endless_server(std::string begin, const std::string& again);
  ~endless_server();  // ends its connections
  endless_server(const endless_server&) = delete;
  endless_server& operator=(const endless_server&) = delete;

  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::uint64_t sent() const { return sent_; }  // bytes, on all connections

 private:
  void serve();
  void answer(int fd);

  std::string begin_;
  std::string again_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace tenure::test
