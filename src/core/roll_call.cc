#include "core/roll_call.hpp"

#include <utility>

namespace tenure::core {

roll_call::effect roll_call::completed(const context& c, const completion& done) {
  answered_ = answered_ || done.what == outcome::ok;
  divided_ = divided_ || done.what == outcome::wrong_cluster;
  if (--missing_ != 0) return effect::none;
  if (answered_ && !divided_) {
    pause_.succeeded();
    phase_ = phase::passed;
    return effect::none;
  }
  phase_ = phase::due;
  pause_.failed(c.now, c.t.retry_delay, c.choose);
  return divided_ ? effect::divided : effect::nobody_answered;
}

nanos roll_call::tick(const context& c, bool wanted, bool cluster_known) {
  if (phase_ == phase::asking) ask(c);  // those that turned up meanwhile
  if (!wanted || phase_ != phase::due) return never;
  if (c.now < pause_.until()) return pause_.until();
  const endpoint_set live = c.requests.nodes().live();
  if (!names_ && (live & (live - 1)) == 0) {
    phase_ = phase::passed;
    return never;
  }
  phase_ = phase::asking;
  asked_ = 0;
  answered_ = divided_ = false;
  cluster_known_ = cluster_known;
  ask(c);
  return never;
}

void roll_call::ask(const context& c) {
  for (std::uint32_t at = 0; at < max_endpoints; ++at) {
    if (!c.requests.nodes().has(at) || (asked_ >> at & 1U) != 0) continue;
    asked_ |= endpoint_set{1} << at;
    ++missing_;
    request r;
    r.what = op::introduce;
    r.only = at;
    r.give_up = c.now + c.t.hedge_after;  // a silent one must not delay the others for long
    c.requests.start(c.now, c.t, std::move(r), c.out);
  }
}

}  // namespace tenure::core
