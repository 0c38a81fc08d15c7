// Where etcd is and who we are to it. Flags say it, or etcdctl's environment variables. A flag wins
// over its variable.
#ifndef TENURE_TOOL_CONNECTION_HPP
#define TENURE_TOOL_CONNECTION_HPP

#include <string>

#include <tenure/error.hpp>
#include <tenure/options.hpp>

namespace tenure::tool {

// As given on the command line; empty: not given.
struct connection_flags {
  std::string endpoints;            // ETCDCTL_ENDPOINTS
  std::string discovery_srv;        // ETCDCTL_DISCOVERY_SRV
  std::string discovery_srv_name;   // ETCDCTL_DISCOVERY_SRV_NAME
  bool insecure_discovery = false;  // ETCDCTL_INSECURE_DISCOVERY
  std::string user;                 // ETCDCTL_USER, which may hold the password too: user:password
  std::string password_file;        // ETCDCTL_PASSWORD is the password itself
  std::string ca_file;              // ETCDCTL_CACERT
  std::string cert_file;            // ETCDCTL_CERT
  std::string key_file;             // ETCDCTL_KEY
};

// Fills in endpoints, auth and tls. No error message of this function holds a password.
[[nodiscard]] error complete_connection(const connection_flags& flags, session_options& out);

}  // namespace tenure::tool

#endif
