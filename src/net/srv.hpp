// SRV records: which are asked for, and what they say.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/transport.hpp"

namespace tenure::net {

struct srv_record {
  std::string host;
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
};

// The records' name, as etcdctl makes it: _etcd-client-ssl-NAME._tcp.DOMAIN.
[[nodiscard]] std::string srv_name(const srv_source& of, bool tls);

// The servers that they name, the preferred first: by priority, then by weight. At most as many as
// there can be places. What is no server's name or port is left out.
[[nodiscard]] std::vector<std::shared_ptr<const endpoint_url>> servers_of(
    std::vector<srv_record> records, bool tls);

}  // namespace tenure::net
