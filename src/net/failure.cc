#include "net/failure.hpp"

#include <cerrno>
#include <cstring>

namespace tenure::net {

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The server's TLS refused our certificate. Under TLS 1.3 it says so only after our side has
// finished its handshake and sent the request. The request was then not read.
bool certificate_refused(const ending& o) {
  return has(o.detail, "alert") && (has(o.detail, "certificate") || has(o.detail, "unknown ca"));
}

bool not_http(CURLcode code) {
  return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY;
}

delivery how_far(const ending& o) {
  if (o.to_itself) return delivery::not_sent;  // to nobody but ourselves
  if (o.too_large || !o.excess.empty() || o.code == CURLE_FILESIZE_EXCEEDED)
    return delivery::too_large;
  if (o.code == CURLE_OK && o.headers_whole) return delivery::answered;
  if (!o.sent) return delivery::not_sent;
  if (not_http(o.code)) return delivery::bad_http;
  if (o.status == 0 && certificate_refused(o)) return delivery::not_sent;
  return delivery::broken;
}

// Of libcurl 8.6 and newer: CURLE_TOO_LARGE.
constexpr int too_large_a_line = 100;

// libcurl takes a line of the headers of 100 KiB at most. Older ones say then, and say as well
// where the trailers hold such a line, that memory ran out.
bool endless_line(const ending& o) {
  if (!o.sent || o.too_large || has(o.detail, "hexadecimal")) return false;
  if (has(o.detail, "Too large response headers") || has(o.detail, "emory in chunked-encoding"))
    return true;
  return o.code == too_large_a_line || (o.code == CURLE_OUT_OF_MEMORY && !o.headers_whole);
}

std::string curl_says(const ending& o) {
  return o.detail.empty() ? std::string(curl_easy_strerror(o.code)) : std::string(o.detail);
}

std::string unix_failure(const ending& o) {
  switch (o.os_error) {
    case ENOENT:
      return "there is no such socket: is etcd running, and is this one of its "
             "--listen-client-urls?";
    case ECONNREFUSED:
      return "nobody listens on that socket: is etcd running? A file without a listener is left "
             "of one that was killed";
    case EACCES:
      return "no permission for that socket: this process' user must be allowed to write to it, "
             "and to search its directories";
    case 0: return curl_says(o);
    default: return std::string("no connection: ") + std::strerror(static_cast<int>(o.os_error));
  }
}

std::string connect_failure(const ending& o) {
  if (!o.endpoint->socket.empty() && o.os_error != EMFILE && o.os_error != ENFILE)
    return unix_failure(o);
  switch (o.os_error) {
    case ECONNREFUSED:
      return "connection refused: is etcd running there, and is this one of its "
             "--listen-client-urls?";
    case ENETUNREACH:
    case EHOSTUNREACH: return "no route to the host: check the address and the network";
    case EMFILE:
    case ENFILE:
      return "no descriptor left for a socket: raise the limit of open files (ulimit -n)";
    case 0: return curl_says(o);
    default: return std::string("no connection: ") + std::strerror(static_cast<int>(o.os_error));
  }
}

// Since 3.4.25 and 3.5.8 etcd can have its HTTP gateway at URLs of its own.
constexpr const char* grpc_only =
    "is it etcd's client port? Where etcd runs with --listen-client-http-urls, its other client "
    "URLs speak gRPC only: write a URL of that flag";

std::string tls_failure(const ending& o) {
  if (has(o.detail, "wrong version number") || has(o.detail, "packet length too long")) {
    return "no TLS is spoken there: write the endpoint with http://, or switch TLS on in etcd";
  }
  if (has(o.detail, "no application protocol")) {
    return "what answers there does not speak HTTP/1.1 (" + curl_says(o) + "): " + grpc_only;
  }
  if (certificate_refused(o)) {
    return o.client_cert ? "etcd refused our client certificate (" + curl_says(o) +
                               "): it must be signed by a CA in etcd's --trusted-ca-file, valid "
                               "now, for client use"
                         : "etcd wants a client certificate (" + curl_says(o) +
                               "): give one signed by a CA in its --trusted-ca-file, with its key";
  }
  return "the TLS handshake failed: " + curl_says(o);
}

std::string distrust_failure(const ending& o) {
  if (has(o.detail, "mismatch")) {
    return "the server's certificate is not for this host (" + curl_says(o) +
           "): write the endpoint with a name or address that is in its subjectAltName, or name "
           "that as the server name; a common name does not count";
  }
  if (has(o.detail, "expired") || has(o.detail, "not yet valid")) {
    return "the server's certificate is out of its time (" + curl_says(o) +
           "): renew it, or set the clock";
  }
  return "the server's certificate is not trusted (" + curl_says(o) +
         "): give the CA that signed it";
}

// The alert by which TLS 1.3 refuses a certificate can be lost. etcd closes with our request
// unread, and the reset that follows may overtake the alert.
std::string perhaps(const ending& o) {
  if (o.status != 0 || !o.new_connection) return {};
  if (!o.endpoint->tls) {
    return "; if etcd serves TLS there, write the endpoint with https://; if it runs with "
           "--listen-client-http-urls, write a URL of that flag";
  }
  return o.client_cert ? "; perhaps etcd did not accept our client certificate: its log says so"
                       : "; perhaps etcd wants a client certificate: its log says so";
}

std::string closed_without_answer(const ending& o) {
  return "the connection was closed before an answer came" + perhaps(o);
}

std::string cause(const ending& o, delivery how) {
  if (o.to_itself) {
    return "the connection came back to this process, as the system chose that very port for our "
           "end: nothing listens there; is etcd running, and is the port right?";
  }
  if (!o.excess.empty()) return std::string(o.excess);
  if (endless_line(o)) {
    return "a line of the answer's headers or trailers has no end: more than 100 KiB came, or "
           "memory ran out (" +
           curl_says(o) + ")";
  }
  if (how == delivery::too_large) {
    return "the answer is larger than " + std::to_string(o.max_answer) + " bytes";
  }
  if (how == delivery::bad_http) {
    return "what answers there does not speak HTTP/1.1 (" + curl_says(o) + "): " + grpc_only;
  }
  if (how == delivery::broken && o.code == CURLE_COULDNT_CONNECT) return closed_without_answer(o);
  switch (o.code) {
    case CURLE_OK: return "the connection was closed within the headers of the answer";
    case CURLE_COULDNT_CONNECT: return connect_failure(o);
    case CURLE_OPERATION_TIMEDOUT:
      return "no connection within " + std::to_string(o.connect_timeout.count()) +
             " ms: the host is down, or a firewall drops what is sent to it";
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_ABORTED_BY_CALLBACK:  // curl would have sent the request again
    case CURLE_GOT_NOTHING: return closed_without_answer(o);
    case CURLE_PARTIAL_FILE: return "the connection was closed within the answer";
    case CURLE_PEER_FAILED_VERIFICATION: return distrust_failure(o);
    case CURLE_SSL_CONNECT_ERROR: return tls_failure(o);
    case CURLE_SSL_CACERT_BADFILE:
      return "the CA certificate cannot be used (" + curl_says(o) + "): check its PEM text";
    case CURLE_SSL_CERTPROBLEM:
      return "the client certificate or its key cannot be used (" + curl_says(o) +
             "): check their PEM texts, and that they belong together";
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      if (certificate_refused(o)) return tls_failure(o);
      if (o.os_error == ECONNRESET || o.os_error == EPIPE)
        return "the connection was reset by the other side" + perhaps(o);
      if (o.os_error == ETIMEDOUT)
        return "the connection died: nothing came from the other side for too long";
      return "the connection failed: " + curl_says(o) + perhaps(o);
    case CURLE_OUT_OF_MEMORY: return "out of memory in libcurl";
    case CURLE_FAILED_INIT: return "libcurl or libuv could not take the request: " + curl_says(o);
    default: return curl_says(o);
  }
}

}  // namespace

reply judge(const ending& o) {
  reply r;
  r.delivery = how_far(o);
  r.http_status = o.status;
  if (r.delivery != delivery::answered) r.failure = cause(o, r.delivery);
  return r;
}

}  // namespace tenure::net
