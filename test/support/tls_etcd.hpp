// An etcd that speaks TLS and wants client certificates, with what is needed to talk to it: `ca.pem`,
// `client.pem`, `client.key`, and of somebody else `other.pem`, `other.key`. One member, for one test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "test/support/process.hpp"

namespace tenure::test {

[[nodiscard]] std::string file_text(const std::string& path);

class tls_etcd {
 public:
  tls_etcd();  // returns before it answers
  tls_etcd(const tls_etcd&) = delete;
  tls_etcd& operator=(const tls_etcd&) = delete;
  ~tls_etcd();

  void kill();
  void start();  // after kill

  [[nodiscard]] std::string file(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string endpoint() const { return "https://127.0.0.1:" + std::to_string(port_); }

 private:
  std::string directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<process> member_;
};

}  // namespace tenure::test
