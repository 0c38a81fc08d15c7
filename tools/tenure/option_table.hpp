// Every flag of every subcommand, in the order of the help.
#ifndef TENURE_TOOL_OPTION_TABLE_HPP
#define TENURE_TOOL_OPTION_TABLE_HPP

#include "options.hpp"

namespace tenure::tool {

// Above every character, so that getopt_long's '?' and ':' stay apart.
enum class flag_id : int {
  endpoints = 256,
  discovery_srv,
  discovery_srv_name,
  insecure_discovery,
  app,
  instance,
  shard,
  shards,
  all,
  format,
  ttl,
  reassure_interval,
  last_seen_interval,
  reassure_timeout,
  stop_grace,
  margin,
  jeopardy_after,
  retry_delay,
  request_timeout,
  resign_limit,
  stop_work_ms,
  once,
  user,
  password,
  password_file,
  cacert,
  cert,
  key,
  server_name,
  tls_min_version,
  tls_key_log,
  cert_warn_days,
  log,
  help,
};

struct flag {
  flag_id id;
  const char* name;
  const char* value;  // what it takes, for the help; null: nothing
  unsigned commands;  // or-ed subcommands that know it
  const char* text;   // for the help, '\n' breaks a line; null: not in the help
};

constexpr unsigned in_campaign = static_cast<unsigned>(subcommand::campaign);
constexpr unsigned in_observe = static_cast<unsigned>(subcommand::observe);
constexpr unsigned in_both = in_campaign | in_observe;

// clang-format off
constexpr flag flag_table[] = {
  {flag_id::endpoints, "endpoints", "URL[,URL...]", in_both, "client URLs of one etcd cluster [ETCDCTL_ENDPOINTS]:\nhttp(s)://HOST:PORT, unix:///PATH, unixs:///PATH (TLS)"},
  {flag_id::discovery_srv, "discovery-srv", "DOMAIN", in_both, "instead: the domain whose SRV records name them; the\ncertificates must be for it [ETCDCTL_DISCOVERY_SRV]"},
  {flag_id::discovery_srv_name, "discovery-srv-name", "NAME", in_both, "_etcd-client-ssl-NAME instead of _etcd-client-ssl\n[ETCDCTL_DISCOVERY_SRV_NAME]"},
  {flag_id::insecure_discovery, "insecure-discovery", nullptr, in_both, "take records for http://, where there are no others\n[ETCDCTL_INSECURE_DISCOVERY]"},
  {flag_id::app, "app", "APP", in_both, "first part of every key"},
  {flag_id::instance, "instance", "NAME", in_both, "this process's name, for people"},
  {flag_id::shard, "shard", "NAME", in_both, "the election APP/NAME/leader instead of APP/leader;\nmay be repeated"},
  {flag_id::shards, "shards", "N", in_both, "N elections: shard-0000, shard-0001 ... (1 to 10000)"},
  {flag_id::all, "all", nullptr, in_observe, "every election of APP, also those that come later"},
  {flag_id::format, "format", "text|json", in_both, "one line, or one JSON object, for each event; default text"},
  {flag_id::ttl, "ttl", "SECONDS", in_campaign, "lease TTL: a dead leader's key goes so long after its\nlast sign of life; default 10"},
  {flag_id::reassure_interval, "reassure-interval", "MS", in_campaign, "how often a leader confirms its key, in milliseconds;\ndefault TTL / 5"},
  {flag_id::last_seen_interval, "last-seen-interval", "MS", in_campaign, "how often a leader writes LastSeen, for people, in\nmilliseconds; default 300000; 0: only on acquiring"},
  {flag_id::reassure_timeout, "reassure-timeout", "MS", in_campaign, "how long that may take before the leadership is lost,\nin milliseconds; default TTL * 3 / 5"},
  {flag_id::stop_grace, "stop-grace", "MS", in_campaign, "how long the work needs to stop, in milliseconds;\ndefault TTL / 10"},
  {flag_id::margin, "margin", "MS", in_campaign, "kept free before the lease's end, in milliseconds;\ndefault TTL / 50 + 50"},
  {flag_id::jeopardy_after, "jeopardy-after", "MS", in_campaign, "report a lease that was not renewed for so long, in\nmilliseconds; default TTL / 2"},
  {flag_id::retry_delay, "retry-delay", "MS", in_both, "pause between failed attempts, in milliseconds;\ndefault 500"},
  {flag_id::request_timeout, "request-timeout", "MS", in_both, "limit of one attempt of one request, in milliseconds;\ndefault TTL / 5"},
  {flag_id::resign_limit, "resign-limit", "MS", in_campaign, "limit of a resignation, in milliseconds; default 5000"},
  {flag_id::stop_work_ms, "stop-work-ms", "MS", in_campaign, "pretend that the work needs so many milliseconds to\nstop; default 0"},
  {flag_id::once, "once", nullptr, in_campaign, "after a loss do not campaign again; exit with 1 when no\nelection is left"},
  {flag_id::once, "no-campaign-again", nullptr, in_campaign, "the same as --once"},
  {flag_id::user, "user", "NAME", in_both, "etcd user [ETCDCTL_USER, as NAME or NAME:PASSWORD];\nthe password comes from [ETCDCTL_PASSWORD], which is\nnot used without a user, or from"},
  // Known only so that it is refused. Unknown, it would be taken as short for the next one.
  {flag_id::password, "password", "", in_both, nullptr},
  {flag_id::password_file, "password-file", "FILE", in_both, "a file that holds the password; read again when it\nchanges"},
  {flag_id::cacert, "cacert", "FILE", in_both, "PEM certificates of the CA [ETCDCTL_CACERT]"},
  {flag_id::cert, "cert", "FILE", in_both, "PEM client certificate [ETCDCTL_CERT]"},
  {flag_id::key, "key", "FILE", in_both, "PEM private key of --cert [ETCDCTL_KEY]"},
  {flag_id::server_name, "server-name", "NAME", in_both, "the name that the servers' certificates must have, where\nit is not the endpoint's host"},
  {flag_id::tls_min_version, "tls-min-version", "1.2|1.3", in_both, "refuse older versions of TLS; default 1.2"},
  {flag_id::tls_key_log, "tls-key-log", nullptr, in_both, "obey SSLKEYLOGFILE: for debugging only"},
  {flag_id::cert_warn_days, "cert-warn-days", "DAYS", in_both, "warn of a certificate that ends in less; default 14,\n0: never"},
  {flag_id::log, "log", "LEVEL", in_both, "write log records to stderr: debug, info, warning, error"},
  {flag_id::help, "help", nullptr, in_both, "this text"},
};
// clang-format on

}  // namespace tenure::tool

#endif
