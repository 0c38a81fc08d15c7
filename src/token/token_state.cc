#include "token/token_state.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/fork_guard.hpp"

namespace tenure::detail {

bool shared_deadline::passed() noexcept {
  core::nanos at = at_.load(std::memory_order_acquire);
  while (at != closed) {
    if (now_() < at) return false;
    if (at_.compare_exchange_weak(at, closed, std::memory_order_acq_rel)) return true;
  }
  return true;
}

bool shared_deadline::extend(core::nanos to) noexcept {
  core::nanos at = at_.load(std::memory_order_acquire);
  while (at != closed) {
    if (now_() >= at) return !passed();
    if (at_.compare_exchange_weak(at, to, std::memory_order_acq_rel)) return true;
  }
  return false;
}

core::nanos shared_deadline::left() noexcept {
  const core::nanos at = at_.load(std::memory_order_acquire);
  if (at == closed) return 0;
  return std::max<core::nanos>(at - now_(), 0);
}

bool shared_deadline::forked() const noexcept { return !fork_guard::still(life_); }

void shared_deadline::release() noexcept {
  if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void teller_line::release() noexcept {
  if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

token_node::token_node(shared_deadline* deadline, teller_line* line) noexcept
    : root_(this), deadline_(deadline), line_(line) {
  deadline_->hold();
  if (line_ != nullptr) line_->hold();
}

token_node::token_node(token_node* parent, core::nanos limit) noexcept
    : parent_(parent),
      root_(parent->root_),
      deadline_(parent->deadline_),
      limit_(std::min(parent->limit_, limit)) {
  parent_->hold();
  deadline_->hold();
}

token_node::~token_node() {
  if (line_ != nullptr) line_->release();
  deadline_->release();
}

// One after another, not each from within its child: they may be nested deeper than a stack holds.
void token_node::release() noexcept {
  token_node* n = this;
  while (n != nullptr && n->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    token_node* const parent = n->parent_;
    delete n;
    n = parent;
  }
}

reason token_node::why() noexcept {
  if (deadline_->forked()) return reason::forked;
  for (token_node* n = this; n != nullptr; n = n->parent_) {
    if (const int why = n->why_.load(std::memory_order_acquire); why != 0)
      return static_cast<reason>(why);
  }
  if (deadline_->passed()) return deadline_->why();
  if (limit_ != core::never && now() >= limit_) return reason::limit_passed;
  return reason::none;
}

core::nanos token_node::left() noexcept {
  if (cancelled()) return 0;
  core::nanos left = deadline_->left();
  if (limit_ != core::never) left = std::min(left, std::max<core::nanos>(limit_ - now(), 0));
  return left;
}

void token_node::cancel(reason why) noexcept {
  const reason before = this->why();  // e.g. the deadline's
  int none = 0;
  const int first = static_cast<int>(before != reason::none ? before : why);
  if (!why_.compare_exchange_strong(none, first, std::memory_order_acq_rel)) return;
  if (root_->listeners_ == nullptr) return;
  if (is_root()) {
    listeners_->tell_all();  // in the order in which they came
  } else {
    root_->listeners_->tell(this);
  }
}

std::uint64_t token_node::subscribe(token_node* node, std::function<void(reason)> told) noexcept {
  if (listeners_ == nullptr) listeners_.reset(new (std::nothrow) listeners(*this, line_));
  return listeners_ != nullptr ? listeners_->add(node, std::move(told)) : 0;
}

void token_node::unsubscribe(std::uint64_t id) noexcept { listeners_->remove(id); }

void token_node::tell_one(std::uint64_t id) { listeners_->tell_one(id); }

}  // namespace tenure::detail
