// One look-up: a name's addresses, or those of the servers that SRV records name.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <ares.h>

#include "net/found.hpp"
#include "net/lookups.hpp"
#include "net/srv.hpp"

namespace tenure::net {

struct lookups::lookup {
  lookup(lookups& of, std::size_t number) : all(of), name(number) {}
  ~lookup();
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

  // One of these, once.
  void find(const std::string& host);
  void find(const srv_source& records);
  // After `due`, not from inside c-ares: the records are here, and now for their servers'
  // addresses.
  void go_on();

  lookups& all;
  std::size_t name;
  ares_channel channel = nullptr;
  std::vector<int> fds;
  bool due = false;
  bool ended = false;
  std::vector<found> addresses;
  std::string failure;

 private:
  struct trampoline;
  struct server {
    lookup* of;
    std::string host;
    std::shared_ptr<const endpoint_url> to;
    std::vector<std::string> addresses = {};
    std::string failure = {};
  };
  struct service {
    lookup* of = nullptr;
    std::string name = {};
    std::vector<srv_record> records = {};
    int status = ARES_SUCCESS;
  };
  [[nodiscard]] bool open();
  void failed(int status);
  void ask_servers();
  void one_less();
  [[nodiscard]] std::string choose(bool& tls) const;

  srv_source source_;
  service services_[2];  // with TLS, and without
  std::vector<server> servers_;
  std::size_t pending_ = 0;
};

}  // namespace tenure::net
