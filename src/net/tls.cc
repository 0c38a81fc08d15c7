#include "net/tls.hpp"

#include <string_view>

namespace tenure::net {

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

error bad(const char* message) { return {errc::invalid_argument, message, 0}; }

curl_blob blob(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
}

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
    return bad("the client certificate is not PEM: it must have a line '-----BEGIN CERTIFICATE-----'");
  }
  if (!has(tls.key, "PRIVATE KEY-----")) {
    return bad("the client key is not PEM: it must have a line '-----BEGIN ... PRIVATE KEY-----'");
  }
  if (has(tls.key, "ENCRYPTED")) {
    return bad("the client key is encrypted: give it without a passphrase (openssl pkey -in KEY -out PLAIN)");
  }
  return {};
}

CURLcode set_tls(CURL* easy, const tls_material& tls) {
  CURLcode code = curl_easy_setopt(easy, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  if (code == CURLE_OK && !tls.ca.empty()) {
    curl_blob ca = blob(tls.ca);
    code = curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
  }
  // The system's bundle is read once, then kept by curl (7.87), but only where no directory is set too.
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  if (code != CURLE_OK || tls.cert.empty()) return code;
  curl_blob cert = blob(tls.cert);
  curl_blob key = blob(tls.key);
  code = curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
  // An empty passphrase keeps OpenSSL from asking for one on the terminal, which would block the loop.
  if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
  return code;
}

}  // namespace tenure::net
