// The few functions of OpenSSL that we need besides libcurl: from the very library that libcurl
// uses. A second one in the process would not understand the first one's objects, and who links us
// need not link it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tenure::net {

namespace ssl {
struct asn1_time;
struct bio;
struct context;     // SSL_CTX
struct connection;  // SSL
struct certificate;
struct key;
struct method;
struct rules;  // X509_VERIFY_PARAM
struct store;

using ask_passphrase = int (*)(char* to, int size, int writing, void* context);
using told_of_key = void (*)(const connection*, const char* line);
using told_of_state = void (*)(const connection*, int where, int value);
}  // namespace ssl

// result, name, parameters
#define TENURE_OPENSSL(X)                                                                         \
  X(void, ERR_clear_error, (void))                                                                \
  X(unsigned long, ERR_peek_last_error, (void))                                                   \
  X(const char*, ERR_reason_error_string, (unsigned long))                                        \
  X(ssl::bio*, BIO_new_mem_buf, (const void*, int))                                               \
  X(int, BIO_free, (ssl::bio*))                                                                   \
  X(ssl::certificate*, PEM_read_bio_X509_AUX,                                                     \
    (ssl::bio*, ssl::certificate**, ssl::ask_passphrase, void*))                                  \
  X(ssl::key*, PEM_read_bio_PrivateKey, (ssl::bio*, ssl::key**, ssl::ask_passphrase, void*))      \
  X(void, X509_free, (ssl::certificate*))                                                         \
  X(void, EVP_PKEY_free, (ssl::key*))                                                             \
  X(ssl::store*, X509_STORE_new, (void))                                                          \
  X(void, X509_STORE_free, (ssl::store*))                                                         \
  X(int, X509_STORE_up_ref, (ssl::store*))                                                        \
  X(int, X509_STORE_add_cert, (ssl::store*, ssl::certificate*))                                   \
  X(int, X509_STORE_set_flags, (ssl::store*, unsigned long))                                      \
  X(int, X509_STORE_load_locations, (ssl::store*, const char* file, const char* directory))       \
  X(const ssl::method*, TLS_client_method, (void))                                                \
  X(ssl::context*, SSL_CTX_new, (const ssl::method*))                                             \
  X(void, SSL_CTX_free, (ssl::context*))                                                          \
  X(long, SSL_CTX_ctrl, (ssl::context*, int, long, void*))                                        \
  X(std::uint64_t, SSL_CTX_set_options, (ssl::context*, std::uint64_t))                           \
  X(void, SSL_CTX_set_cert_store, (ssl::context*, ssl::store*))                                   \
  X(int, SSL_CTX_use_certificate, (ssl::context*, ssl::certificate*))                             \
  X(int, SSL_CTX_use_PrivateKey, (ssl::context*, ssl::key*))                                      \
  X(int, SSL_CTX_check_private_key, (const ssl::context*))                                        \
  X(void, SSL_CTX_set_keylog_callback, (ssl::context*, ssl::told_of_key))                         \
  X(void, SSL_CTX_set_info_callback, (ssl::context*, ssl::told_of_state))                         \
  X(int, SSL_CTX_set_ex_data, (ssl::context*, int, void*))                                        \
  X(void*, SSL_CTX_get_ex_data, (const ssl::context*, int))                                       \
  X(ssl::context*, SSL_get_SSL_CTX, (const ssl::connection*))                                     \
  X(long, SSL_ctrl, (ssl::connection*, int, long, void*))                                         \
  X(ssl::rules*, SSL_CTX_get0_param, (ssl::context*))                                             \
  X(int, X509_VERIFY_PARAM_set1_host, (ssl::rules*, const char*, std::size_t))                    \
  X(int, X509_VERIFY_PARAM_set1_ip_asc, (ssl::rules*, const char*))                               \
  X(void, X509_VERIFY_PARAM_set_hostflags, (ssl::rules*, unsigned))                               \
  X(const ssl::asn1_time*, X509_get0_notAfter, (const ssl::certificate*))                         \
  X(int, ASN1_TIME_diff, (int* days, int* seconds, const ssl::asn1_time*, const ssl::asn1_time*)) \
  X(int, CRYPTO_get_ex_new_index, (int, long, void*, void*, void*, void*))

struct openssl {
// NOLINTNEXTLINE(bugprone-macro-parentheses): parts of a declaration
#define X(result, name, parameters) result(*name) parameters = nullptr;
  TENURE_OPENSSL(X)
#undef X
  // Its name changed with 3.0.
  ssl::certificate* (*SSL_get1_peer_certificate)(const ssl::connection*) = nullptr;
  int our_index = -1;  // of data that we hang on a context

  // Null if this libcurl has no OpenSSL, or hides it (a static one). From any thread.
  static const openssl* find();
};

}  // namespace tenure::net
