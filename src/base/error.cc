#include "tenure/error.hpp"
#include "tenure/token.hpp"

namespace tenure {

const char* name(errc code) noexcept {
  switch (code) {
#define X(name, number, text) \
  case errc::name: return #name;
    TENURE_ERRC_MAP(X)
#undef X
  }
  return "unknown";
}

const char* text(errc code) noexcept {
  switch (code) {
#define X(name, number, text) \
  case errc::name: return text;
    TENURE_ERRC_MAP(X)
#undef X
  }
  return "unknown error";
}

const char* name(reason why) noexcept {
  switch (why) {
#define X(name, number, text) \
  case reason::name: return #name;
    TENURE_REASON_MAP(X)
#undef X
  }
  return "unknown";
}

const char* text(reason why) noexcept {
  switch (why) {
#define X(name, number, text) \
  case reason::name: return text;
    TENURE_REASON_MAP(X)
#undef X
  }
  return "unknown reason";
}

}  // namespace tenure
