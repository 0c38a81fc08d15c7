#include "net/tls_set.hpp"

#include <curl/curl.h>

namespace tenure::net {

namespace {

// OpenSSL's numbers for what are macros in C.
constexpr int set_chain_certificate = 89;       // SSL_CTRL_CHAIN_CERT
constexpr int set_server_name = 55;             // SSL_CTRL_SET_TLSEXT_HOSTNAME
constexpr int handshake_start = 0x10;           // SSL_CB_HANDSHAKE_START
constexpr std::uint64_t cleanse_plaintext = 2;  // SSL_OP_CLEANSE_PLAINTEXT, since 3.0
constexpr unsigned no_partial_wildcards = 0x4;  // X509_CHECK_FLAG_...
constexpr unsigned never_check_subject = 0x20;
constexpr unsigned long trusted_first = 0x8000;  // X509_V_FLAG_...
constexpr unsigned long partial_chain = 0x80000;
constexpr unsigned long no_start_line = 108;  // PEM_R_NO_START_LINE: that was all

error bad(const std::string& what) {
  return {errc::invalid_argument, "the TLS library refuses the certificates or the key: " + what,
          0};
}

std::string reason(const openssl& with) {
  const char* const text = with.ERR_reason_error_string(with.ERR_peek_last_error());
  return text != nullptr ? text : "it does not say why";
}

// Never asks on the terminal: that would block the loop.
int no_passphrase(char*, int, int, void*) { return 0; }

class text_reader {
 public:
  text_reader(const openssl& with, const std::string& text)
      : with_(with), bio_(with.BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))) {}
  text_reader(const text_reader&) = delete;
  text_reader& operator=(const text_reader&) = delete;
  ~text_reader() { with_.BIO_free(bio_); }
  [[nodiscard]] ssl::bio* get() const { return bio_; }

 private:
  const openssl& with_;
  ssl::bio* bio_;
};

// The name that the server may choose its certificate by: curl has set the endpoint's.
void name_server(const ssl::connection* its, int where, int) {
  const openssl* const with = openssl::find();
  if (with == nullptr || (where & handshake_start) == 0) return;
  auto* const rules = static_cast<const tls_rules*>(
      with->SSL_CTX_get_ex_data(with->SSL_get_SSL_CTX(its), with->our_index));
  if (rules == nullptr) return;
  with->SSL_ctrl(const_cast<ssl::connection*>(its), set_server_name, 0,
                 const_cast<char*>(rules->server_name.c_str()));
}

}  // namespace

std::string system_ca_file() {
  const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
  return info->cainfo != nullptr ? info->cainfo : "";
}

std::optional<std::chrono::seconds> time_left(const openssl& with, const ssl::certificate* of) {
  int days = 0;
  int seconds = 0;
  if (with.ASN1_TIME_diff(&days, &seconds, nullptr, with.X509_get0_notAfter(of)) != 1) return {};
  return std::chrono::hours(24) * days + std::chrono::seconds(seconds);
}

error tls_set::make(const tls_material& from, std::shared_ptr<const tls_set>& out) {
  const openssl* const with = openssl::find();
  if (with == nullptr) {
    return {errc::system,
            "https:// needs a libcurl that uses OpenSSL, as a shared library; this one is " +
                std::string(curl_version()),
            0};
  }
  const std::shared_ptr<tls_set> made(new tls_set(*with));
  if (error failed = made->take_ca(from.ca)) return failed;
  if (error failed = made->take_certificate(from)) return failed;
  out = made;
  return {};
}

std::vector<tls_set::held_certificate> tls_set::parse(const std::string& text,
                                                      std::string& why) const {
  std::vector<held_certificate> all;
  const text_reader reader(with_, text);
  with_.ERR_clear_error();
  while (ssl::certificate* const next =
             with_.PEM_read_bio_X509_AUX(reader.get(), nullptr, &no_passphrase, nullptr)) {
    all.emplace_back(next, with_.X509_free);
  }
  if ((with_.ERR_peek_last_error() & 0xfff) != no_start_line) why = reason(with_);
  if (all.empty() && why.empty()) why = "there is none";
  with_.ERR_clear_error();
  return all;
}

error tls_set::take_ca(const std::string& text) {
  ca_.reset(with_.X509_STORE_new());
  if (ca_ == nullptr) return {errc::no_memory, "no memory for certificates", 0};
  // As libcurl has it: a certificate that is named is trusted, whoever signed it.
  with_.X509_STORE_set_flags(ca_.get(), trusted_first | partial_chain);
  if (text.empty()) {
    const curl_version_info_data* const info = curl_version_info(CURLVERSION_NOW);
    const char* const directory = info->cainfo != nullptr ? nullptr : info->capath;
    // Where a host has none, only a handshake fails, and says why.
    if (info->cainfo != nullptr || directory != nullptr)
      (void)with_.X509_STORE_load_locations(ca_.get(), info->cainfo, directory);
    with_.ERR_clear_error();
    return {};
  }
  std::string why;
  for (const held_certificate& each : parse(text, why)) {
    if (with_.X509_STORE_add_cert(ca_.get(), each.get()) != 1) why = reason(with_);
  }
  if (why.empty()) return {};
  return bad("a certificate of the CA: " + why + "; check that the text is whole");
}

error tls_set::take_certificate(const tls_material& from) {
  if (from.cert.empty()) return {};
  std::string why;
  chain_ = parse(from.cert, why);
  if (!why.empty()) return bad("the client certificate: " + why + "; check that the text is whole");
  {
    const text_reader reader(with_, from.key);
    key_.reset(with_.PEM_read_bio_PrivateKey(reader.get(), nullptr, &no_passphrase, nullptr));
  }
  if (key_ == nullptr) why = "the client key: " + reason(with_) + "; check that the text is whole";
  // A context of our own shows what the library would say at the first connection.
  ssl::context* const trial = with_.SSL_CTX_new(with_.TLS_client_method());
  if (why.empty() && (trial == nullptr || !use_certificate(trial)))
    why = reason(with_) + "; check that the key is the certificate's";
  with_.SSL_CTX_free(trial);
  with_.ERR_clear_error();
  return why.empty() ? error() : bad(why);
}

bool tls_set::use_certificate(ssl::context* on) const {
  if (with_.SSL_CTX_use_certificate(on, chain_.front().get()) != 1 ||
      with_.SSL_CTX_use_PrivateKey(on, key_.get()) != 1 || with_.SSL_CTX_check_private_key(on) != 1)
    return false;
  for (std::size_t i = 1; i < chain_.size(); ++i) {
    if (with_.SSL_CTX_ctrl(on, set_chain_certificate, 1, chain_[i].get()) != 1) return false;
  }
  return true;
}

bool tls_set::prepare(ssl::context* on, const tls_rules& rules, const std::string& host) const {
  with_.X509_STORE_up_ref(ca_.get());
  with_.SSL_CTX_set_cert_store(on, ca_.get());  // takes that reference
  if (!chain_.empty() && !use_certificate(on)) return false;
  with_.SSL_CTX_set_options(on, cleanse_plaintext);
  if (!rules.key_log) with_.SSL_CTX_set_keylog_callback(on, nullptr);

  // As Go does it: only what is in subjectAltName counts.
  ssl::rules* const its = with_.SSL_CTX_get0_param(on);
  with_.X509_VERIFY_PARAM_set_hostflags(its, never_check_subject | no_partial_wildcards);
  std::string name = rules.server_name.empty() ? host : rules.server_name;
  if (!name.empty() && name.back() == '.') name.pop_back();
  const bool address = with_.X509_VERIFY_PARAM_set1_ip_asc(its, name.c_str()) == 1;
  if (!address && with_.X509_VERIFY_PARAM_set1_host(its, name.data(), name.size()) != 1)
    return false;
  with_.ERR_clear_error();
  if (rules.server_name.empty() || address) return true;
  with_.SSL_CTX_set_info_callback(on, &name_server);
  return with_.SSL_CTX_set_ex_data(on, with_.our_index, const_cast<tls_rules*>(&rules)) == 1;
}

std::optional<std::chrono::seconds> tls_set::certificate_left() const {
  if (chain_.empty()) return {};
  return time_left(with_, chain_.front().get());
}

}  // namespace tenure::net
