// What a session needs to know: where etcd is, who we are, and how long things may take.
//
// All times are milliseconds. A time left empty is derived from the TTL, so the TTL alone may be
// changed. `session::open` checks the whole set before the first packet. The set is checked again
// when etcd grants another TTL than the one asked for.
//
// A leader may hear nothing more from etcd. It must have stopped working before etcd can give its
// key away:
//
//     reassure_interval + reassure_timeout + stop_grace + margin <= TTL
//
// `open` refuses other sets with errc::unsafe_timing and the numbers.
#ifndef TENURE_OPTIONS_HPP
#define TENURE_OPTIONS_HPP

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tenure/log.hpp>

namespace tenure {

using std::chrono::milliseconds;

enum class tls_version { tls_1_2, tls_1_3 };

// For https:// and unixs:// endpoints. Regular files of at most 4 MiB. `session::open` reads them.
// Afterwards they are looked at every second, in libuv's pool of threads. When one has changed, new
// connections use what is in them. If that cannot be used, session_events::trouble says so, with
// errc::system, and the old certificates stay in use. libcurl must be a shared library that uses
// OpenSSL.
struct tls_options {
  std::string ca_file;    // PEM; empty: the system's certificates
  std::string cert_file;  // PEM client certificate, then those that lead to its CA; empty: none
  std::string key_file;   // PEM private key of cert_file, not encrypted; needed with it

  // The name or address that every server's certificate must have, where it is not the endpoint's
  // host; it is sent as the server's name, too. Letters, digits, "-", "." and ":", 253 bytes at
  // most. Empty: the endpoint's host. Only subjectAltName counts, as in Go.
  std::string server_name;

  tls_version min_version = tls_version::tls_1_2;

  // True: the environment's SSLKEYLOGFILE is obeyed, for debugging. Whoever has that file can read
  // all that was sent. Else it is ignored.
  bool key_log = false;

  // How many days before the end of our certificate, or of one that an endpoint shows,
  // session_events::warning tells of it, once a day. 0 to 3650; 0: never.
  int warn_days = 14;
};

// A user of etcd. Empty user: no authentication. The user needs the permission `readwrite` for the
// prefix APP/ and no other.
// The session keeps the password in memory that no core file has, and overwrites its other copies.
// Those of the caller are the caller's. Seen with libcurl 7.88: libcurl 8.14 keeps the last request
// that it sent.
struct credentials {
  std::string user;
  std::string password;

  // Instead of `password`: a regular file with nothing but it and perhaps the end of its line, 4096
  // bytes at most. `session::open` reads it; when it changes it is read again, within a second, in
  // libuv's pool, for the next login.
  std::string password_file = {};

  // Instead of both: asked for the password before each login, on the loop's thread, from the loop.
  // It must not block. It may call anything of tenure's.
  std::function<std::string()> ask_password = {};
};

struct session_options {
  // Client URLs of the members of ONE etcd cluster: http://host:port or https://host:port, or for
  // a unix socket unix:///path or, with TLS, unixs:///path. At least one, at most 64. If they turn
  // out to be of two clusters, nobody stands, and session_events::trouble says which they are. A
  // name with several addresses counts as several endpoints, up to 64 in all: each is asked, raced
  // and left for another by itself. Names are looked up at their first use, then every 30 s while
  // they are in use, and after a failure or an answer of another cluster: with c-ares, on the loop.
  // So only /etc/hosts and the name servers of /etc/resolv.conf are asked, not the other modules of
  // nsswitch.conf. A name server has request_timeout / 3 to answer, then the next is asked;
  // `timeout` and `attempts` of resolv.conf do not count. A unix socket's path is absolute and has
  // 107 bytes at most; "%" and two hexadecimal digits stand for a byte. Where etcd listens at
  // unix://HOST:PORT (3.4 knows no other form), the socket is the file HOST:PORT in the directory
  // that etcd was started in. Requests name the host "localhost": so must the certificate behind
  // unixs://, unless tls.server_name says otherwise. Only who may write to the file reaches etcd
  // through it.
  std::vector<std::string> endpoints;

  // Instead of `endpoints`: a domain whose SRV records name them, as with etcdctl. They are
  // _etcd-client-ssl._tcp.DOMAIN for https://, or _etcd-client._tcp.DOMAIN for http://. With a
  // name, "-NAME" stands before "._tcp". They are looked up as names are (above), so at the first
  // use, again each 30 s, and after a failure; `open` waits for nothing. What is found is kept
  // until other records are found. None: trouble says so, and it is tried again, with growing
  // pauses. Priority and weight count where there are more than 64 addresses: the last are left
  // out. A forged answer must not lead to a false etcd. So the servers' certificates must be for
  // the domain itself, as with etcdctl, unless tls.server_name says otherwise. And records for
  // http:// count only with insecure_discovery, and only where there are none for https://. DOMAIN:
  // a domain's name, 200 bytes at most. NAME: letters, digits, "-" and "_", 40 at most.
  std::string discovery_srv;
  std::string discovery_srv_name;
  bool insecure_discovery = false;

  // The first part of every key: elections are APP/leader or APP/SHARD/leader. UTF-8 without
  // control characters, 1 to 255 bytes. No "/" at either end, no "//", no part "leader".
  std::string app;

  // The name of this process, for people. It is written into the value of the key, and has no
  // influence on who leads. UTF-8 without control characters, 1 to 255 bytes.
  std::string instance;

  credentials auth;
  tls_options tls;

  // How long etcd keeps our keys after it has last heard of us. Whole seconds, 2 s to 300 s.
  // etcd raises small values to 1.5 times its election timeout. What it grants counts.
  // Above 300 s, lease checkpoints (etcd#9924) could leave a new etcd leader with less than a TTL.
  milliseconds ttl{10000};

  // How often a leader confirms its key, by a transaction that leaves nothing in etcd.
  // 100 ms to TTL. Default: TTL / 5.
  std::optional<milliseconds> reassure_interval;

  // How long such a confirmation may take, all attempts together. Then the leadership is lost.
  // 100 ms to TTL. Default: all that the rule above leaves.
  std::optional<milliseconds> reassure_timeout;

  // How often a leader writes LastSeen into the value of its key, for people. Nothing else makes
  // etcd's database grow. At least reassure_interval, at most a day. 0: only on acquiring.
  milliseconds last_seen_interval{300000};

  // How long the caller's work needs to stop. Tokens are cancelled this much before the deadline.
  // A key is given away this long after the loss, or earlier, when `work_stopped` is called.
  // 0 to TTL. Default: TTL / 10.
  std::optional<milliseconds> stop_grace;

  // Kept free before the lease's end, for clocks that run at different rates and for scheduling.
  // At least TTL / 500 + 10 ms. Default: TTL / 50 + 50 ms. Whether that is enough depends on how
  // clocks are kept: chronyd needs a `maxslewrate` (README, "Limits"; src/core/safety.md, 5).
  std::optional<milliseconds> margin;

  // A leader whose renewals have not come through for this long is in jeopardy.
  // 100 ms to TTL. Default: TTL / 2.
  std::optional<milliseconds> jeopardy_after;

  // The pause between failed attempts: half to one and a half of this. It doubles while failures
  // go on, up to eight times. 10 ms to 60 s.
  milliseconds retry_delay{500};

  // How long one attempt of one request may take at one endpoint. 100 ms to TTL. Default: TTL / 5.
  // After a third of it keepalives and confirmations go to another endpoint as well.
  std::optional<milliseconds> request_timeout;

  // Empty: silent.
  log_hook log;
};

}  // namespace tenure

#endif
