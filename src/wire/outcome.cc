#include "wire/outcome.hpp"

namespace tenure::wire {

using core::outcome;

outcome to_outcome(etcd::refusal r) {
  switch (r) {
    case etcd::refusal::unavailable:
    case etcd::refusal::server_certificate: return outcome::unavailable;
    case etcd::refusal::lease_not_found: return outcome::lease_gone;
    case etcd::refusal::lease_exists: return outcome::lease_exists;
    case etcd::refusal::no_space: return outcome::no_space;
    case etcd::refusal::overloaded: return outcome::overloaded;
    case etcd::refusal::compacted: return outcome::compacted;
    case etcd::refusal::token_invalid: return outcome::token_invalid;
    case etcd::refusal::credentials_rejected: return outcome::credentials_rejected;
    case etcd::refusal::auth_not_enabled: return outcome::auth_off;
    case etcd::refusal::permission_denied: return outcome::permission_denied;
    case etcd::refusal::too_many_operations: return outcome::too_many_operations;
    case etcd::refusal::request_too_large: return outcome::request_too_large;
    case etcd::refusal::gateway_off:
    case etcd::refusal::host_not_allowed:
    case etcd::refusal::client_cn:
    case etcd::refusal::rejected: return outcome::rejected;
  }
  return outcome::rejected;
}

outcome to_outcome(net::delivery d) {
  switch (d) {
    case net::delivery::answered: return outcome::ok;
    case net::delivery::not_sent: return outcome::not_sent;
    case net::delivery::broken: return outcome::broken;
    case net::delivery::too_large:
    case net::delivery::bad_http: return outcome::bad_answer;
  }
  return outcome::bad_answer;
}

}  // namespace tenure::wire
