#include "net/openssl.hpp"

#include <curl/curl.h>
#include <dlfcn.h>

namespace tenure::net {

namespace {

// libcurl as it is loaded; dlsym looks from there through what it depends on.
void* libcurl() {
  void* const known = dlsym(RTLD_DEFAULT, "curl_easy_init");
  Dl_info where{};
  if (known == nullptr || dladdr(known, &where) == 0) return nullptr;
  return dlopen(where.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
}

template <class Function>
bool load(void* from, const char* name, Function*& to) {
  to = reinterpret_cast<Function*>(dlsym(from, name));
  return to != nullptr;
}

constexpr int class_of_contexts = 1;  // CRYPTO_EX_INDEX_SSL_CTX

bool load_all(openssl& to) {
  void* const from = libcurl();  // never closed: it is in use anyway
  if (from == nullptr) return false;
  bool all = true;
#define X(result, name, parameters) all = load(from, #name, to.name) && all;
  TENURE_OPENSSL(X)
#undef X
  all = (load(from, "SSL_get1_peer_certificate", to.SSL_get1_peer_certificate) ||
         load(from, "SSL_get_peer_certificate", to.SSL_get1_peer_certificate)) &&
        all;
  if (!all) return false;
  to.our_index =
      to.CRYPTO_get_ex_new_index(class_of_contexts, 0, nullptr, nullptr, nullptr, nullptr);
  return to.our_index >= 0;
}

}  // namespace

const openssl* openssl::find() {
  static openssl functions;
  static const bool found = load_all(functions);
  return found ? &functions : nullptr;
}

}  // namespace tenure::net
