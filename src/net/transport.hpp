// Carries bytes to endpoints and back: libcurl's multi interface on the caller's libuv loop.
// It knows neither leases nor JSON, decides nothing, retries nothing, and has no time limits of its
// own but the connect time-out: the core aborts what it no longer waits for.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <uv.h>

#include "loop/turn.hpp"
#include "net/reply.hpp"
#include "net/tls_set.hpp"
#include "tenure/error.hpp"

namespace tenure::net {

inline constexpr std::size_t most_places = 64;

// Where SRV records say which the servers are. Those with TLS are _etcd-client-ssl._tcp.DOMAIN,
// those without, which count only where there are none of the others, _etcd-client._tcp.DOMAIN.
struct srv_source {
  std::string domain;     // empty: there is none
  std::string name;       // not empty: "-NAME" stands before "._tcp"
  bool insecure = false;  // take those without TLS at all
};

// What stands for it where endpoints are named to people.
[[nodiscard]] std::string label(const srv_source& of);

struct transport_config {
  std::vector<std::string> endpoints;  // as checked by parse_endpoint; at most most_places
  srv_source discovery;                // instead: one endpoint, which is a place for each server
  tls_material tls;                    // parsed by open, and not kept
  tls_rules rules;
  std::chrono::milliseconds connect_timeout{2000};
  std::size_t max_answer = 8u << 20;  // bytes; a larger answer ends as `too_large`
};

// Who hears what came. Methods are called from the loop, never from within a call to transport nor
// inside a libcurl callback, so they may call transport freely, also abort, close_stream and close.
class receiver {
 public:
  // An endpoint whose name has several addresses is several places, each with a number of its own
  // from here on; the first numbers are the endpoints'. `live`, a bit per number: those that there
  // are now. `fresh`: those whose address is a new one. `names`, by number, are for people: the
  // endpoint's URL, and the address.
  virtual void places_changed(std::uint64_t live, std::uint64_t fresh,
                              std::vector<std::string>&& names) = 0;
  virtual void replied(std::uint64_t call, reply&& answer) = 0;
  // Bytes of a stream whose HTTP status is 200.
  virtual void streamed(std::uint64_t stream, std::string_view bytes) = 0;
  // The stream is over; with a status other than 200 the body is in `last`.
  virtual void stream_ended(std::uint64_t stream, reply&& last) = 0;
  // Memory ran out, here or in one of the others: something that came may be lost.
  virtual void out_of_memory() noexcept {}

 protected:
  ~receiver() = default;
};

class transport {
 public:
  transport();
  ~transport();  // only after `closed`, or if open failed or was never called
  transport(const transport&) = delete;
  transport& operator=(const transport&) = delete;

  // `now` must live until `closed`.
  [[nodiscard]] error open(uv_loop_t* loop, transport_config config, receiver& to, turn& now);

  // POSTs `body`. `call` is the caller's number, unique among those under way. Exactly one
  // `replied` follows, unless the call is aborted or the transport closed.
  // Headers of every request: Content-Type application/json; Grpc-Metadata-hasleader: true;
  // Grpc-Timeout, if grpc_timeout > 0, in ms: "1500m"; Authorization, the bare token, if not empty.
  // `secret`: body and answer are overwritten here as soon as they are not needed.
  // HTTP/1.1, never Expect, no proxy, no netrc, no redirects, no signals.
  // On a connection that died curl sends again silently, but not once a byte was written.
  // The connect time-out covers resolving. Then it starts anew for connecting, TLS included.
  void send(std::uint64_t call, std::size_t place, std::string_view path, std::string body,
            std::string_view token, std::chrono::milliseconds grpc_timeout, bool secret = false);
  // Silent: no `replied` follows. Unknown numbers are ignored. Never blocks.
  void abort(std::uint64_t call);

  // POSTs to a stream on a connection of its own. two_way: `Connection: close`, chunked upload kept
  // open, first bytes `body`, more by write_stream. Else: a plain POST of `body`. No Grpc-Timeout.
  // Exactly one `stream_ended` follows, unless closed; `answered` with status 200 is an orderly end
  // by the server. What is written and not read by the endpoint may reach max_answer, then the
  // stream ends as `broken`. Streams have numbers of their own. A number still in use is taken
  // over, silently, as with calls.
  void open_stream(std::uint64_t stream, std::size_t place, std::string_view path, std::string body,
                   std::string_view token, bool two_way);
  void write_stream(std::uint64_t stream, std::string_view bytes);
  void close_stream(std::uint64_t stream);  // silent, as abort

  // In a forked child, before `close`: connections, and look-ups under way, are left to the parent.
  void let_go();
  // The place answers for somebody else. Its connections end, and its name is looked up again. What
  // is under way there ends as `broken`.
  void redial(std::size_t place);

  // Connections that are opened from now on take these. No session is resumed that older ones
  // began.
  void renew(std::shared_ptr<const tls_set> newest);
  // How long the certificate is still valid that an endpoint showed on its newest connection.
  [[nodiscard]] std::optional<std::chrono::seconds> certificate_left(std::size_t endpoint) const;
  // The same of ours; nothing where there is none.
  [[nodiscard]] std::optional<std::chrono::seconds> own_certificate_left() const;

  // Ends everything; nothing is told after it but `closed(context)`, once, from the loop, when no
  // handle and no descriptor is left. The transport may be destroyed from within `closed`. Nothing
  // is waited for, a name server neither. Without a successful open there is no loop: then it is
  // called at once.
  void close(void (*closed)(void* context), void* context);

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

struct endpoint_url {
  bool tls = false;
  std::string host;         // a name or a literal address, IPv6 without brackets
  std::uint16_t port = 0;   // 0: of a unix socket
  std::string url;          // normalised, without a trailing slash: http://host:port
  std::string socket = {};  // the path of a unix socket; empty: TCP
};

// Checks one client URL. http and https have a host, an optional port (default 2379), and no
// path (a lone "/" is taken), user, query or fragment. unix and unixs (with TLS) have an absolute
// path, in which "%" and two digits stand for a byte, and no host: it is "localhost". The error
// names the URL (never a password in it), the reason and the remedy.
[[nodiscard]] error parse_endpoint(const std::string& text, endpoint_url& out);

// What a request's path follows. A unix socket has no host, but HTTP wants one.
[[nodiscard]] std::string_view request_base(const endpoint_url& of);

// Whether its host is a name that has to be looked up.
[[nodiscard]] bool is_named(const endpoint_url& it);

}  // namespace tenure::net
