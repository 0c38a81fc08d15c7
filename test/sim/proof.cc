#include "proof.hpp"

#include <algorithm>

namespace sim {

using tenure::core::op;
using tenure::core::outcome;

bool logged(op what) {
  switch (what) {
    case op::keepalive:
    case op::introduce:
    case op::look:
    case op::read_queue:
    case op::read_leader:
    case op::read_all: return false;
    default: return true;
  }
}

void proof::reset(const tenure::core::asked_timings& asked) {
  asked_ = asked;
  lease_ = 0;
  ttl_ = cutoff_ = 0;
  terms_.clear();
}

proof::of_term& proof::under(std::uint64_t term) {
  const auto at =
      std::find_if(terms_.begin(), terms_.end(), [&](const of_term& t) { return t.term == term; });
  if (at != terms_.end()) return *at;
  terms_.push_back({term, 0, 0});
  return terms_.back();
}

void proof::heard(const tenure::core::send& asked, const tenure::core::answer& a, nanos sent,
                  std::int64_t lease) {
  if (a.what != outcome::ok || a.term == 0) return;
  const bool of_lease = asked.what == op::keepalive || asked.what == op::grant;
  if (of_lease && (a.ttl == 0 || asked.lease != lease)) return;
  if (lease != lease_) {  // what was renewed before was not this one
    lease_ = lease;
    ttl_ = cutoff_ = 0;
    for (of_term& t : terms_) t.kept = 0;
  }
  of_term& t = under(a.term);
  if (of_lease) {
    t.kept = std::max(t.kept, sent);
    ttl_ = a.ttl;
  }
  if (logged(asked.what)) t.wrote = std::max(t.wrote, sent);
  if (t.kept == 0 || t.wrote == 0) return;
  const nanos grace = asked_.stop_grace.value_or(ttl_ / 10);
  const nanos margin = asked_.margin.value_or(ttl_ / 50 + 50 * millisecond);
  cutoff_ = std::max(cutoff_, std::min(t.kept, t.wrote) + ttl_ - margin - grace);
}

}  // namespace sim
