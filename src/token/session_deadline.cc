#include "token/session_deadline.hpp"

#include <new>
#include <utility>

namespace tenure::detail {

shared_deadline* session_deadline::begin_term(shared_deadline::clock now, std::uint32_t life,
                                              const core::machine& core) {
  // One that passed under others is not replaced before the core has heard of it: who hangs on it
  // would never be told. What begins now ends with it.
  if (shared_ != nullptr && (lease_ != core.lease_id() || (!used_ && shared_->passed()))) drop();
  if (shared_ == nullptr) {
    shared_ = new (std::nothrow) shared_deadline(now, life);
    if (shared_ == nullptr) return nullptr;
    lease_ = core.lease_id();
    until_ = core.cutoff();
    shared_->extend(until_);
  }
  used_ = true;
  return shared_;
}

bool session_deadline::move(const core::machine& core) {
  const core::roster& all = core.standings();
  if (shared_ == nullptr || lease_ != core.lease_id() || all.sweeping()) return true;
  used_ = all.leaders() != 0;
  if (!used_) return true;
  // Somebody found it passed a moment ago: then it has passed, whatever came since.
  if (!shared_->extend(core.cutoff())) return false;
  until_ = core.cutoff();
  return true;
}

void session_deadline::end(reason why) {
  if (shared_ != nullptr) shared_->end(why);
}

void session_deadline::drop() {
  if (shared_ != nullptr) std::exchange(shared_, nullptr)->release();
  until_ = 0;
  used_ = false;
}

}  // namespace tenure::detail
