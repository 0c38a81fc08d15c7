// An etcd that speaks TLS and wants client certificates, with what is needed to talk to it:
// `ca.pem`, `client.pem`, `client.key`, `root.pem`, `root.key`, and of somebody else `other.pem`,
// `other.key`. One member, for one test.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "test/support/process.hpp"

namespace tenure::test {

[[nodiscard]] std::string file_text(const std::string& path);

class tls_etcd {
 public:
  struct certificates {
    std::string server_usage = "serverAuth,clientAuth";
    std::string client_subject = "/O=client";
    std::string server_subject = "/O=server";
    std::string server_names = "IP:127.0.0.1";  // subjectAltName; empty: none
  };
  tls_etcd() : tls_etcd(certificates{}) {}  // returns before it answers
  explicit tls_etcd(const certificates& asked);
  tls_etcd(const tls_etcd&) = delete;
  tls_etcd& operator=(const tls_etcd&) = delete;
  ~tls_etcd();

  void kill();
  void start(const std::string& client_ca = "ca.pem");  // after kill
  // Makes NAME.pem and NAME.key of the server's kind, signed by `ca` or `other`, valid for so long
  // from now on. A server reads its files at each handshake.
  void sign(const std::string& name, const std::string& by, int seconds = 86400) const;
  // Puts one file in another's place, at once.
  void replace(const std::string& name, const std::string& by) const;

  // Runs the real etcdctl with root's certificate to its end. A failure of it ends the test.
  void etcdctl(const std::vector<std::string>& arguments) const;

  [[nodiscard]] std::string file(const std::string& name) const { return directory_ + "/" + name; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string endpoint() const {
    return "https://127.0.0.1:" + std::to_string(port_);
  }

 private:
  certificates asked_;
  std::string directory_;
  std::uint16_t port_ = 0;
  std::unique_ptr<process> member_;
};

}  // namespace tenure::test
