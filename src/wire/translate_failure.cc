// Failures in the core's words, and in words for people that name the cause and the remedy.
#include <algorithm>

#include "etcd/response.hpp"
#include "wire/translate.hpp"

namespace tenure::detail {

namespace {

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
    case etcd::refusal::gateway_off:
    case etcd::refusal::client_cn:
    case etcd::refusal::rejected: return outcome::rejected;
  }
  return outcome::rejected;
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
    case outcome::auth_off:
    case outcome::compacted:
    case outcome::rejected: return errc::refused;
  }
  return errc::refused;
}

const char* remedy(etcd::refusal r) {
  switch (r) {
    case etcd::refusal::gateway_off:
      return ": the HTTP/JSON gateway is off there; start etcd with --enable-grpc-gateway=true";
    case etcd::refusal::client_cn:
      return ": etcd's gateway refuses client certificates with a CommonName while authentication "
             "is on; "
             "use a certificate without one, and a user name and password";
    case etcd::refusal::server_certificate:
      return ": etcd's gateway cannot reach its own server; with --client-cert-auth etcd's server "
             "certificate "
             "needs the clientAuth usage as well";
    case etcd::refusal::no_space:
      return ": compact and defragment etcd, then disarm its alarm; a leader goes on leading "
             "meanwhile";
    case etcd::refusal::credentials_rejected: return ": check user and password";
    case etcd::refusal::permission_denied:
      return ": the user needs READWRITE on all keys that start with the app's name and \"/\"";
    case etcd::refusal::too_many_operations:
      return ": an election needs transactions of three operations; start etcd with a larger "
             "--max-txn-ops";
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
    case outcome::broken: return "the connection broke";
    default: return "it cannot serve now";
  }
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
    case core::op::withdraw: return "delete the key";
    case core::op::read_queue: return "read the queue";
    case core::op::read_leader: return "read the leader";
    case core::op::read_all: return "read all elections";
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
    case core::cause::cluster_changed: return reason::cluster_changed;
    case core::cause::closed: return reason::session_closed;
  }
  return reason::internal;
}

errc to_errc(reason why) {
  switch (why) {
    case reason::none: return errc::ok;
    case reason::lease_expired: return errc::lease_gone;
    case reason::key_deleted:
    case reason::reassurance_failed: return errc::tampered;
    case reason::cluster_changed: return errc::wrong_cluster;
    case reason::internal: return errc::system;
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

error translator::describe(outcome what, core::op request, std::uint32_t endpoint) const {
  return {to_errc(what),
          std::string("cannot ") + name(request) + " at " + options_.endpoints[endpoint] + ": " +
              meaning(what),
          0};
}

translated translator::decode(std::uint64_t call, const expected& asked, const net::reply& reply) {
  translated out;
  out.answer.call = call;
  const std::string where = std::string("cannot ") + name(asked.what) + " at " +
                            options_.endpoints[asked.endpoint] + ": ";
  switch (reply.delivery) {
    case net::delivery::answered: break;
    case net::delivery::not_sent:
      out.answer.what = outcome::not_sent;
      out.failure = {errc::unreachable, where + reply.failure, 0};
      return out;
    case net::delivery::broken:
      out.answer.what = outcome::broken;
      out.failure = {errc::unreachable, where + reply.failure, 0};
      return out;
    case net::delivery::too_large:
    case net::delivery::bad_http:
      out.answer.what = outcome::bad_answer;
      out.failure = {errc::bad_answer, where + reply.failure, 0};
      return out;
  }
  if (reply.http_status != 200 || etcd::is_error(reply.body)) {
    const etcd::error_response e = etcd::classify(reply.http_status, reply.body);
    out.answer.what = to_outcome(e.refusal);
    out.failure = {to_errc(out.answer.what), where + e.message + remedy(e.refusal), e.code};
    return out;
  }
  std::string why;
  if (!fill(asked, reply, out, why)) {
    out.answer = {};
    out.answer.call = call;
    out.answer.what = outcome::bad_answer;
    out.failure = {errc::bad_answer, where + "not an answer of etcd's gateway (" + why + ")", 0};
  }
  return out;
}

core::stream_news translator::decode(std::uint64_t stream, const etcd::watch_message& m,
                                     error& failure) const {
  core::stream_news n;
  n.stream = stream;
  n.cluster = m.header.cluster_id;
  n.created = m.created;
  n.canceled = m.canceled || m.failed;
  if (n.canceled) {
    const etcd::error_response e =
        etcd::classify(m.error_code, m.failed ? m.error_text : m.cancel_reason);
    n.why = m.compact_revision > 0 ? outcome::compacted : to_outcome(e.refusal);
    n.compact_revision = m.compact_revision;
    failure = {to_errc(n.why), "the watch was ended: " + e.message + remedy(e.refusal), e.code};
    return n;
  }
  for (const etcd::watch_event& it : m.events) {
    n.last_revision = std::max(n.last_revision, it.kv.mod_revision);
    const electorate::owner owner = elections_.find(it.kv.key);
    if (!owner.known) continue;
    n.changes.push_back(
        {owner.election, it.deleted, owner.lease, it.kv.create_revision, it.kv.mod_revision});
  }
  return n;
}

core::stream_gone translator::stream_end(std::uint64_t stream, std::uint32_t endpoint,
                                         const net::reply& last, error& failure) const {
  core::stream_gone g;
  g.stream = stream;
  const std::string where = "the watch at " + options_.endpoints[endpoint] + " ended: ";
  if (last.delivery == net::delivery::answered && last.http_status != 200) {
    const etcd::error_response e = etcd::classify(last.http_status, last.body);
    g.why = to_outcome(e.refusal);
    failure = {to_errc(g.why), where + e.message + remedy(e.refusal), e.code};
    return g;
  }
  g.why = last.delivery == net::delivery::not_sent ? outcome::not_sent : outcome::broken;
  failure = {errc::unreachable,
             where + (last.failure.empty() ? "the server closed it" : last.failure), 0};
  return g;
}

}  // namespace tenure::detail
