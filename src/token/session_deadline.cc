#include "token/session_deadline.hpp"

#include <new>
#include <utility>

namespace tenure::detail {

shared_deadline* session_deadline::begin_term(shared_deadline::clock now, std::uint32_t life,
                                              const core::belief& held) {
  // The deadline may have passed under other leaderships, and the core not have heard of it yet.
  // Then it is not replaced: those leaderships would never be told. What begins now ends with it.
  if (shared_ != nullptr && (lease_ != held.lease || (!used_ && shared_->passed()))) drop();
  if (shared_ == nullptr) {
    shared_ = new (std::nothrow) shared_deadline(now, life);
    if (shared_ == nullptr) return nullptr;
    lease_ = held.lease;
    until_ = held.cutoff;
    shared_->extend(until_);
  }
  used_ = true;
  return shared_;
}

bool session_deadline::move(const core::belief& held) {
  if (shared_ == nullptr || lease_ != held.lease || held.losing) return true;
  used_ = held.leading;
  if (!used_) return true;
  // If somebody found it passed a moment ago, it has passed, whatever came since.
  if (!shared_->extend(held.cutoff)) return false;
  until_ = held.cutoff;
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
