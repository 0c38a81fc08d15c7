#include "core/deadline.hpp"

#include <algorithm>

namespace tenure::core {

void deadline::granted(nanos sent, std::uint64_t term, nanos ttl) {
  if (term == 0) {
    adopted(ttl);
    return;
  }
  term_ = term;
  ttl_ = ttl;
  kept_ = sent;
  confirmed_ = sent;
  good_until_ = sent + ttl;
}

void deadline::adopted(nanos ttl) {
  forget();
  ttl_ = ttl;
}

void deadline::kept(nanos sent, std::uint64_t term, nanos ttl) {
  if (!enter(term)) return;
  ttl_ = std::min(ttl_, ttl);
  kept_ = std::max(kept_, sent);
  count();
}

void deadline::confirmed(nanos sent, std::uint64_t term) {
  if (!enter(term)) return;
  confirmed_ = std::max(confirmed_, sent);
  count();
}

void deadline::forget() { *this = deadline(); }

bool deadline::enter(std::uint64_t term) {
  if (ttl_ == 0 || outdated(term)) return false;
  if (term > term_) {
    term_ = term;
    kept_ = 0;
    confirmed_ = 0;
  }
  return true;
}

void deadline::count() {
  if (kept_ == 0 || confirmed_ == 0) return;
  good_until_ = std::max(good_until_, std::min(kept_, confirmed_) + ttl_);
}

}  // namespace tenure::core
