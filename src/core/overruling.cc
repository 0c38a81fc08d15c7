#include "core/overruling.hpp"

namespace tenure::core {

bool overruling::heard(nanos now, const timings& t, const word& w) {
  if (!w.lower) {
    forget();
    upheld_at_ = now;
    return false;
  }
  // What was on its way when the term was heard of contradicts nothing.
  if (!w.proof || w.sent <= upheld_at_) return false;
  if (began_ == 0) {
    began_ = now;
    ask_at_ = now + t.ttl;
  }
  // Until then, somebody may lead by a lease of the time before.
  if (w.sent < began_ + t.ttl) return false;
  ++writes_;
  by_ |= endpoint_set{1} << w.endpoint;
  if (writes_ < writes_wanted) return false;
  // Several members, where there are several. If for as long again no other answers, there are not.
  const bool several = (by_ & (by_ - 1)) != 0;
  return w.alone || several || w.sent >= began_ + 2 * t.ttl;
}

void overruling::forget() {
  began_ = 0;
  ask_at_ = never;
  writes_ = 0;
  by_ = 0;
}

bool overruling::asks_all(nanos now, const timings& t) {
  if (now < ask_at_) return false;
  ask_at_ = now + t.renew_interval / 2;
  return true;
}

}  // namespace tenure::core
