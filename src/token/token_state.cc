#include "token/token_state.hpp"

#include <algorithm>

#include "base/fork_guard.hpp"
#include "base/ref.hpp"

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
    : parent_(parent), root_(parent->root_), deadline_(parent->deadline_), limit_(limit) {
  parent_->hold();
  deadline_->hold();
}

token_node::~token_node() {
  if (line_ != nullptr) line_->release();
  deadline_->release();
  if (parent_ != nullptr) parent_->release();
}

void token_node::release() noexcept {
  if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

reason token_node::why() noexcept {
  if (deadline_->forked()) return reason::forked;
  for (token_node* n = this; n != nullptr; n = n->parent_) {
    if (const int why = n->why_.load(std::memory_order_acquire); why != 0)
      return static_cast<reason>(why);
  }
  if (deadline_->passed()) return deadline_->why();
  for (token_node* n = this; n != nullptr; n = n->parent_) {
    if (n->limit_ != core::never && now() >= n->limit_) return reason::limit_passed;
  }
  return reason::none;
}

core::nanos token_node::left() noexcept {
  if (cancelled()) return 0;
  core::nanos left = deadline_->left();
  for (token_node* n = this; n != nullptr; n = n->parent_) {
    if (n->limit_ != core::never)
      left = std::min(left, std::max<core::nanos>(n->limit_ - now(), 0));
  }
  return left;
}

void token_node::cancel(reason why) {
  const reason before = this->why();  // e.g. the deadline's
  int none = 0;
  const int first = static_cast<int>(before != reason::none ? before : why);
  if (why_.compare_exchange_strong(none, first, std::memory_order_acq_rel)) root_->tell_cancelled();
}

unsigned long long token_node::subscribe(token_node* node, std::function<void(reason)> told) {
  if (to() == nullptr) return 0;
  node->hold();
  entries_.push_back({next_id_, node, std::move(told), false});
  core::nanos limit = core::never;
  for (token_node* n = node; n != nullptr; n = n->parent_) limit = std::min(limit, n->limit_);
  if (node->cancelled()) {
    tell_cancelled();
  } else if (limit != core::never) {
    to()->look_at(limit, this);
  }
  return next_id_++;
}

void token_node::unsubscribe(unsigned long long id) noexcept {
  const auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.id == id; });
  if (at == entries_.end()) return;
  const entry gone = std::move(*at);  // its callable may own what destroys further subscriptions
  entries_.erase(at);
  gone.node->release();
}

void token_node::tell_cancelled() {
  if (to() == nullptr) return;
  for (entry& e : entries_) {
    if (e.under_way) continue;
    const reason why = e.node->why();
    if (why == reason::none) continue;
    e.under_way = true;
    to()->tell([self = ref<token_node>(this), id = e.id, why] { self->tell_one(id, why); });
  }
}

void token_node::tell_one(unsigned long long id, reason why) {
  const auto at =
      std::find_if(entries_.begin(), entries_.end(), [&](const entry& e) { return e.id == id; });
  if (at == entries_.end()) return;  // withdrawn meanwhile
  const entry now = std::move(*at);
  entries_.erase(at);
  now.told(why);
  now.node->release();
}

}  // namespace tenure::detail
