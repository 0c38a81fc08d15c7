// Certificates and keys as OpenSSL has them: parsed once, shared by all connections.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/openssl.hpp"
#include "tenure/error.hpp"

namespace tenure::net {

struct tls_material {  // PEM texts, not file names
  std::string ca;      // empty: the system's
  std::string cert;
  std::string key;
};

struct tls_rules {
  std::string server_name;    // whose certificate the server must have; empty: the endpoint's host
  bool at_least_1_3 = false;  // else 1.2
  bool key_log = false;       // obey SSLKEYLOGFILE
};

class tls_set {
 public:
  // Parses them, from any thread; it takes milliseconds, and reads the system's certificates where
  // they are wanted. The error says what is wrong with which, and never quotes a text.
  [[nodiscard]] static error make(const tls_material& from, std::shared_ptr<const tls_set>& out);

  // Sets them on a context of OpenSSL's, with what is demanded of a server with this name or
  // address. `rules` must outlive the context. False if OpenSSL refuses something.
  [[nodiscard]] bool prepare(ssl::context* on, const tls_rules& rules,
                             const std::string& host) const;

  [[nodiscard]] bool has_certificate() const { return !chain_.empty(); }
  // How long our own certificate is still valid; nothing: there is none.
  [[nodiscard]] std::optional<std::chrono::seconds> certificate_left() const;

 private:
  explicit tls_set(const openssl& with)
      : with_(with), ca_(nullptr, with.X509_STORE_free), key_(nullptr, with.EVP_PKEY_free) {}
  [[nodiscard]] error take_ca(const std::string& text);
  [[nodiscard]] error take_certificate(const tls_material& from);
  [[nodiscard]] bool use_certificate(ssl::context* on) const;

  using held_certificate = std::unique_ptr<ssl::certificate, void (*)(ssl::certificate*)>;
  [[nodiscard]] std::vector<held_certificate> parse(const std::string& text,
                                                    std::string& why) const;

  const openssl& with_;
  std::unique_ptr<ssl::store, void (*)(ssl::store*)> ca_;
  std::vector<held_certificate> chain_;  // our own is the first
  std::unique_ptr<ssl::key, void (*)(ssl::key*)> key_;
};

// How long a certificate is still valid, by the system's clock.
[[nodiscard]] std::optional<std::chrono::seconds> time_left(const openssl& with,
                                                            const ssl::certificate* of);

// The file with the system's certificates, where libcurl was built for one; else empty.
[[nodiscard]] std::string system_ca_file();

}  // namespace tenure::net
