#include "wire/failure.hpp"

#include "wire/outcome.hpp"

namespace tenure::wire {

namespace {

using core::outcome;

const char* remedy(etcd::refusal r) {
  switch (r) {
    case etcd::refusal::gateway_off:
      return ": no HTTP/JSON gateway is there; start etcd with --enable-grpc-gateway=true; where "
             "it "
             "runs with --listen-client-http-urls, write a URL of that flag; a grpc-proxy has none";
    case etcd::refusal::host_not_allowed:
      return ": put the endpoint's host into etcd's --host-whitelist";
    case etcd::refusal::client_cn:
      return ": etcd's gateway refuses client certificates with a CommonName while authentication "
             "is on; "
             "use a certificate without one, and a user name and password";
    case etcd::refusal::server_certificate:
      return ": etcd's gateway cannot reach its own server; with --client-cert-auth etcd's server "
             "certificate "
             "needs the clientAuth usage as well";
    case etcd::refusal::no_space:
      return ": compact and defragment etcd, then disarm its alarm; until then nobody "
             "new can stand, and who leads goes on leading";
    case etcd::refusal::credentials_rejected: return ": check user and password";
    case etcd::refusal::permission_denied:
      return ": the user needs READWRITE on all keys that start with the app's name and \"/\"";
    case etcd::refusal::too_many_operations:
      return ": an election needs transactions of three operations; start etcd with a larger "
             "--max-txn-ops";
    case etcd::refusal::request_too_large:
      return ": raise etcd's --max-request-bytes, and the limit of a proxy before it";
    case etcd::refusal::lease_not_found: return ": it expired or was revoked; a new one is taken";
    default: return "";
  }
}

const char* meaning(outcome what) {
  switch (what) {
    case outcome::timed_out: return "no answer within the request time-out";
    case outcome::wrong_cluster:
      return "it answers for another cluster than the first endpoint did; list the members of one "
             "cluster only, "
             "and start anew if the cluster was replaced";
    case outcome::not_sent: return "it could not be reached";
    case outcome::token_invalid:
    case outcome::credentials_rejected: return "it refused the login: check user and password";
    case outcome::permission_denied: return "it refused: check what the user may do";
    case outcome::broken: return "the connection broke";
    default: return "it cannot serve now";
  }
}

std::string cannot(core::op what, const std::string& endpoint) {
  return std::string("cannot ") + name(what) + " at " + endpoint + ": ";
}

}  // namespace

const char* name(core::op what) {
  switch (what) {
    case core::op::authenticate: return "authenticate";
    case core::op::grant: return "grant a lease";
    case core::op::keepalive: return "keep the lease alive";
    case core::op::revoke: return "revoke the lease";
    case core::op::introduce: return "ask for its cluster";
    case core::op::confirm: return "confirm the lease";
    case core::op::stand: return "stand in the election";
    case core::op::reassure: return "reassure the leadership";
    case core::op::announce: return "write into the key who leads";
    case core::op::withdraw: return "delete the key";
    case core::op::read_queue: return "read the queue";
    case core::op::read_leader: return "read the leader";
    case core::op::read_all: return "read all elections";
    case core::op::look: return "read the revision";
    case core::op::watch: return "watch the elections";
  }
  return "ask";
}

reason to_reason(core::cause why) {
  switch (why) {
    case core::cause::resigned: return reason::resigned;
    case core::cause::deadline_passed: return reason::deadline_passed;
    case core::cause::lease_gone: return reason::lease_expired;
    case core::cause::key_deleted: return reason::key_deleted;
    case core::cause::reassurance_failed: return reason::reassurance_failed;
    case core::cause::reassurance_timed_out: return reason::reassurance_timed_out;
    case core::cause::lease_let_go: return reason::lease_let_go;
    case core::cause::cluster_changed: return reason::cluster_changed;
    case core::cause::closed: return reason::session_closed;
  }
  return reason::internal;
}

errc to_errc(outcome what) {
  switch (what) {
    case outcome::ok: return errc::ok;
    case outcome::not_sent:
    case outcome::broken: return errc::unreachable;
    case outcome::timed_out: return errc::timed_out;
    case outcome::bad_answer: return errc::bad_answer;
    case outcome::unavailable:
    case outcome::overloaded: return errc::unavailable;
    case outcome::lease_gone: return errc::lease_gone;
    case outcome::no_space: return errc::no_space;
    case outcome::token_invalid:
    case outcome::credentials_rejected: return errc::authentication_failed;
    case outcome::permission_denied: return errc::permission_denied;
    case outcome::wrong_cluster: return errc::wrong_cluster;
    case outcome::lease_exists:
    case outcome::too_many_operations:
    case outcome::request_too_large:
    case outcome::auth_off:
    case outcome::compacted:
    case outcome::rejected: return errc::refused;
  }
  return errc::refused;
}

errc to_errc(reason why) {
  switch (why) {
    case reason::none: return errc::ok;
    case reason::lease_expired: return errc::lease_gone;
    case reason::key_deleted:
    case reason::reassurance_failed: return errc::tampered;
    case reason::lease_let_go: return errc::permission_denied;
    case reason::cluster_changed: return errc::wrong_cluster;
    case reason::internal: return errc::system;
    case reason::out_of_memory: return errc::no_memory;
    case reason::deadline_passed:
    case reason::reassurance_timed_out:
    case reason::limit_passed: return errc::timed_out;
    case reason::resigned:
    case reason::session_closed:
    case reason::cancelled_by_user:
    case reason::forked: return errc::closed;
  }
  return errc::system;
}

error reporter::failed(core::op what, std::uint32_t endpoint, outcome how) const {
  return failed(what, endpoint, to_errc(how), meaning(how));
}

error reporter::failed(core::op what, std::uint32_t endpoint, errc code,
                       const std::string& text) const {
  return {code, cannot(what, endpoints_[endpoint]) + text, 0};
}

error reporter::refused(core::op what, std::uint32_t endpoint,
                        const etcd::error_response& e) const {
  return {to_errc(to_outcome(e.refusal)),
          cannot(what, endpoints_[endpoint]) + e.message + remedy(e.refusal), e.code};
}

error reporter::watch_broke(std::uint32_t endpoint, errc code, const std::string& text) const {
  return {code, "the watch at " + endpoints_[endpoint] + " ended: " + text, 0};
}

error reporter::watch_ended(std::uint32_t endpoint, outcome how,
                            const etcd::error_response& e) const {
  error said = watch_broke(endpoint, to_errc(how), e.message + remedy(e.refusal));
  said.etcd_code = e.code;
  return said;
}

}  // namespace tenure::wire
