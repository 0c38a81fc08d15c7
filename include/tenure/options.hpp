// What a session needs to know: where etcd is, who we are, and how long things may take.
//
// All times are milliseconds. A time left empty is derived from the TTL, so that changing
// the TTL alone keeps the set consistent. `session::open` checks the whole set before the
// first packet; it is checked again when etcd grants another TTL than the one asked for.
//
// The set is safe only if a leader that hears nothing more from etcd has stopped working
// before etcd may give its key away:
//
//     reassure_interval + reassure_timeout + stop_grace + margin <= TTL
//
// `open` refuses other sets with errc::unsafe_timing and the numbers.
#ifndef TENURE_OPTIONS_HPP
#define TENURE_OPTIONS_HPP

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <tenure/log.hpp>

namespace tenure {

using std::chrono::milliseconds;

// For https:// endpoints. The files are read once, by `session::open`.
struct tls_options {
  std::string ca_file;    // PEM; empty: the system's certificates
  std::string cert_file;  // PEM client certificate; empty: none
  std::string key_file;   // PEM private key of cert_file; needed with it
};

// Etcd's own user names and passwords. Empty user: no authentication. The user needs the permission
// `readwrite` for the prefix APP/ and no other.
struct credentials {
  std::string user;
  std::string password;
};

struct session_options {
  // Client URLs of the members of ONE etcd cluster, http://host:port or https://host:port. Where
  // they turn out to be of two, nobody stands, and session_events::trouble says which. At least
  // one, at most 64. Names are resolved on the loop, again and again.
  std::vector<std::string> endpoints;

  // First part of every key: elections are APP/leader or APP/SHARD/leader. UTF-8 without
  // control characters, 1 to 255 bytes; no "/" at either end, no "//", no part "leader".
  std::string app;

  // Name of this process for people: it is written into the value of the key, and has no
  // influence on who leads. UTF-8 without control characters, 1 to 255 bytes.
  std::string instance;

  credentials auth;
  tls_options tls;

  // How long etcd keeps our keys after it has last heard of us, whole seconds, 2 s to 300 s.
  // etcd raises small values to 1.5 times its election timeout; what it granted counts.
  // Above 300 s lease checkpoints (etcd#9924) could hand a new etcd leader less than a TTL.
  milliseconds ttl{10000};

  // How often a leader confirms its key by a transaction that also writes LastSeen.
  // 100 ms to TTL. Default: TTL / 5.
  std::optional<milliseconds> reassure_interval;

  // How long such a confirmation may take, all attempts together; then the leadership is
  // lost. 100 ms to TTL. Default: all that the rule above leaves.
  std::optional<milliseconds> reassure_timeout;

  // How long the caller's work needs to stop: tokens are cancelled this much before the
  // deadline, and a key is given away this long after the loss unless `work_stopped` was
  // called before. 0 to TTL. Default: TTL / 10.
  std::optional<milliseconds> stop_grace;

  // Kept free before the lease's end for the rates of clocks and for scheduling.
  // At least TTL / 500 + 10 ms. Default: TTL / 50 + 50 ms. Whether that is enough depends on how
  // clocks are kept: chronyd needs a `maxslewrate` (README, "Guarantees"; src/core/safety.md, 5).
  std::optional<milliseconds> margin;

  // A leader whose renewals have not come through for this long is in jeopardy.
  // 100 ms to TTL. Default: TTL / 2.
  std::optional<milliseconds> jeopardy_after;

  // Pause between failed attempts, before jitter (half to one and a half of it); it doubles
  // while failures go on, up to eight times. 10 ms to 60 s.
  milliseconds retry_delay{500};

  // Limit of one attempt of one request at one endpoint. 100 ms to TTL. Default: TTL / 5.
  // Keepalives and confirmations go to another endpoint as well after a third of it.
  std::optional<milliseconds> request_timeout;

  // Empty: silent.
  log_hook log;
};

}  // namespace tenure

#endif
