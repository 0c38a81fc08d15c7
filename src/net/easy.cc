#include "net/easy.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <malloc.h>

#include "base/secret.hpp"

namespace tenure::net {

namespace {

// How long the path may be silent before the kernel gives a connection up. The core aborts requests
// much earlier. This ends what nobody waits for: an idle connection, or a stream on a dead path.
constexpr long keepalive_idle_s = 10;
constexpr long keepalive_interval_s = 5;
constexpr unsigned user_timeout_ms = 20000;

// Less than the idle time after which middleboxes forget a flow, so that a request meets few dead
// connections. And short enough for an endpoint's new address to come into use.
constexpr long idle_s = 60;
constexpr long lifetime_s = 300;

int prepare_socket(void*, curl_socket_t fd, curlsocktype) noexcept {
  // Best effort. An old kernel refuses it, and then notices later.
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
  return CURL_SOCKOPT_OK;
}

void wiping_free(void* bytes) {
  if (bytes != nullptr) wipe(bytes, malloc_usable_size(bytes));
  std::free(bytes);
}

void* wiping_realloc(void* old, std::size_t size) {
  if (old == nullptr) return std::malloc(size);
  void* const made = std::malloc(size);
  if (made == nullptr) return nullptr;
  std::memcpy(made, old, std::min(size, malloc_usable_size(old)));
  wiping_free(old);
  return made;
}

// Sets options until one fails.
class options {
 public:
  explicit options(CURL* easy) : easy_(easy) {}
  template <class T>
  options& set(CURLoption option, T value) {
    if (ok_) ok_ = curl_easy_setopt(easy_, option, value) == CURLE_OK;
    return *this;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  CURL* easy_;
  bool ok_ = true;
};

}  // namespace

error init_curl() {
  // Requests with passwords and tokens are among what curl frees. If the host has initialised it
  // before, this changes nothing, and such memory is as curl leaves it.
  static const CURLcode code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, &std::malloc, &wiping_free,
                                                    &wiping_realloc, &strdup, &std::calloc);
  if (code == CURLE_OK) return {};
  return {errc::system,
          std::string("libcurl could not be initialised: ") + curl_easy_strerror(code), 0};
}

CURL* make_easy(const transport_config& config, tls_use& use) {
  CURL* easy = curl_easy_init();
  if (easy == nullptr) return nullptr;
  options o(easy);
  o.set(CURLOPT_NOSIGNAL, 1L)
      .set(CURLOPT_NOPROGRESS, 1L)
      .set(CURLOPT_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
      .set(CURLOPT_FOLLOWLOCATION, 0L)
      .set(CURLOPT_PROXY, "")  // or the environment's would be taken
      .set(CURLOPT_NOPROXY, "*")
      .set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED})
      // Each request has its own connection. On HTTP/2 one lost packet would stall all requests.
      .set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1})
      .set(CURLOPT_HTTP09_ALLOWED, 0L)
      .set(CURLOPT_PATH_AS_IS, 1L)
      .set(CURLOPT_POST, 1L)
      .set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(config.connect_timeout.count()))
      .set(CURLOPT_TCP_NODELAY, 1L)
      .set(CURLOPT_TCP_KEEPALIVE, 1L)
      .set(CURLOPT_TCP_KEEPIDLE, keepalive_idle_s)
      .set(CURLOPT_TCP_KEEPINTVL, keepalive_interval_s)
      .set(CURLOPT_SOCKOPTFUNCTION, &prepare_socket)
      .set(CURLOPT_MAXAGE_CONN, idle_s)
      .set(CURLOPT_MAXLIFETIME_CONN, lifetime_s);
  if (!o.ok() || set_tls(easy, use) != CURLE_OK) {
    curl_easy_cleanup(easy);
    return nullptr;
  }
  return easy;
}

bool reached_itself(CURL* easy) {
  const char* here = nullptr;
  const char* there = nullptr;
  long port_here = 0;
  long port_there = 0;
  curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &port_here);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port_there);
  if (port_here <= 0 || port_here != port_there) return false;  // newer ones say -1 for none
  curl_easy_getinfo(easy, CURLINFO_LOCAL_IP, &here);
  curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &there);
  return here != nullptr && there != nullptr && std::strcmp(here, there) == 0;
}

}  // namespace tenure::net
