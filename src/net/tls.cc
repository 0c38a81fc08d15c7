#include "net/tls.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/cloexec.hpp"
#include "net/openssl.hpp"

namespace tenure::net {

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

error bad(const char* message) { return {errc::invalid_argument, message, 0}; }

}  // namespace

error check_tls(const tls_material& tls) {
  if (!tls.ca.empty() && !has(tls.ca, "-----BEGIN CERTIFICATE-----") &&
      !has(tls.ca, "-----BEGIN TRUSTED CERTIFICATE-----")) {
    return bad("the CA certificate is not PEM: it must have a line '-----BEGIN CERTIFICATE-----'");
  }
  if (tls.cert.empty() != tls.key.empty()) {
    return bad(tls.key.empty() ? "a client certificate without its key: give both or neither"
                               : "a client key without its certificate: give both or neither");
  }
  if (tls.cert.empty()) return {};
  if (!has(tls.cert, "-----BEGIN CERTIFICATE-----")) {
    return bad(
        "the client certificate is not PEM: it must have a line '-----BEGIN CERTIFICATE-----'");
  }
  if (!has(tls.key, "PRIVATE KEY-----")) {
    return bad("the client key is not PEM: it must have a line '-----BEGIN ... PRIVATE KEY-----'");
  }
  if (has(tls.key, "ENCRYPTED")) {
    return bad(
        "the client key is encrypted: give it without a passphrase (openssl pkey -in KEY -out "
        "PLAIN)");
  }
  return {};
}

namespace {

// A name that no file has, and a socket that listens there.
class nobody {
 public:
  nobody()
      : name_("tenure-" + std::to_string(getpid()) + "-" +
              std::to_string(reinterpret_cast<std::uintptr_t>(this))),
        listens_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name_.copy(&at.sun_path[1],
               sizeof at.sun_path - 1);  // behind a zero byte: Linux's abstract names
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
    ready_ =
        bind(listens_, reinterpret_cast<sockaddr*>(&at), size) == 0 && listen(listens_, 1) == 0;
  }
  nobody(const nobody&) = delete;
  nobody& operator=(const nobody&) = delete;
  ~nobody() {
    if (peer_ >= 0) ::close(peer_);
    if (listens_ >= 0) ::close(listens_);
  }
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] const char* name() const { return name_.c_str(); }
  // Says to who has come that there is nothing to hear.
  void hang_up() {
    if (peer_ < 0) peer_ = accept4(listens_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer_ >= 0) shutdown(peer_, SHUT_WR);
  }

 private:
  std::string name_;
  int listens_;
  int peer_ = -1;
  bool ready_ = false;
};

// Until it has ended, which takes no longer than the handshake's first half.
CURLcode perform(CURL* easy, nobody& there) {
  CURLM* const multi = open_multi_close_on_exec();
  if (multi == nullptr) return CURLE_OUT_OF_MEMORY;
  CURLcode code = CURLE_OK;
  int running = 0;
  curl_multi_add_handle(multi, easy);
  for (int steps = 0;
       steps < 100 && curl_multi_perform(multi, &running) == CURLM_OK && running != 0; ++steps) {
    there.hang_up();
    curl_multi_poll(multi, nullptr, 0, 10, nullptr);
  }
  int left = 0;
  if (const CURLMsg* told = curl_multi_info_read(multi, &left)) code = told->data.result;
  curl_multi_remove_handle(multi, easy);
  curl_multi_cleanup(multi);
  return code;
}

// Nothing without TLS. A resumed session knows it from its beginning.
std::optional<std::chrono::seconds> server_certificate_left(CURL* easy) {
  const openssl* const with = openssl::find();
  curl_tlssessioninfo* info = nullptr;
  if (with == nullptr || curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
      info == nullptr || info->backend != CURLSSLBACKEND_OPENSSL || info->internals == nullptr)
    return {};
  ssl::certificate* const shown =
      with->SSL_get1_peer_certificate(static_cast<ssl::connection*>(info->internals));
  const auto left = shown != nullptr ? time_left(*with, shown) : std::nullopt;
  with->X509_free(shown);
  return left;
}

CURLcode prepare_context(CURL*, void* context, void* data) noexcept {
  const auto& use = *static_cast<tls_use*>(data);
  const bool ready =
      *use.newest != nullptr && (*use.newest)
                                    ->prepare(static_cast<ssl::context*>(context), *use.rules,
                                              use.to != nullptr ? use.to->host : std::string());
  return ready ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

}  // namespace

error try_tls(CURL* easy) {
  nobody there;
  char detail[CURL_ERROR_SIZE] = {};
  if (!there.ready() ||
      curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, there.name()) != CURLE_OK)
    return {};
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy, CURLOPT_URL, "https://nobody/");
  switch (perform(easy, there)) {
    // The handshake was begun, and nobody was there; or it is no matter of certificates.
    case CURLE_OK:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return {};
    // Which code a refusal has depends on the version: 8.23 has CURLE_BAD_FUNCTION_ARGUMENT for the
    // key of another certificate.
    default:
      return {errc::invalid_argument,
              std::string("the TLS library refuses the certificates or the key: ") + detail +
                  "; check that they are whole, and that the key is the certificate's",
              0};
  }
}

bool certificate_holds(CURL* easy, tls_state& state, std::size_t endpoint) {
  const auto left = server_certificate_left(easy);
  if (!left) return true;
  if (endpoint < state.ends.size()) state.ends[endpoint] = std::chrono::system_clock::now() + *left;
  return left->count() >= 0;
}

CURLcode set_tls(CURL* easy, tls_use& use) {
  const tls_rules& rules = *use.rules;
  const auto set = [easy](CURLoption option, auto value) {
    return curl_easy_setopt(easy, option, value);
  };
  CURLcode code = set(CURLOPT_SSLVERSION, rules.at_least_1_3 ? long{CURL_SSLVERSION_TLSv1_3}
                                                             : long{CURL_SSLVERSION_TLSv1_2});
  // The certificates come by the function. curl must read none of its own, nor keep ours and bring
  // them back: 7.88 looks for them after it has called the function.
  if (code == CURLE_OK) code = set(CURLOPT_CAINFO, nullptr);
  if (code == CURLE_OK) code = set(CURLOPT_CAPATH, nullptr);
  if (code == CURLE_OK) code = set(CURLOPT_CA_CACHE_TIMEOUT, 0L);
  // OpenSSL compares the names itself. curl would do it again, with the endpoint's.
  if (code == CURLE_OK && !rules.server_name.empty()) code = set(CURLOPT_SSL_VERIFYHOST, 0L);
  // Unknown where curl has no TLS, or another one. Then there is nothing to prepare, and `open`
  // takes no https:// endpoint.
  if (code == CURLE_OK && openssl::find() != nullptr) {
    code = set(CURLOPT_SSL_CTX_FUNCTION, &prepare_context);
    if (code == CURLE_OK) code = set(CURLOPT_SSL_CTX_DATA, &use);
  }
  return code;
}

}  // namespace tenure::net
