#include "tenure/token.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "token/token_state.hpp"

namespace tenure {

subscription::subscription(detail::token_node* node, unsigned long long id) noexcept
    : node_(node), id_(id) {}

subscription::subscription(subscription&& other) noexcept
    : node_(std::exchange(other.node_, nullptr)), id_(other.id_) {}

subscription& subscription::operator=(subscription&& other) noexcept {
  if (this != &other) {
    reset();
    node_ = std::exchange(other.node_, nullptr);
    id_ = other.id_;
  }
  return *this;
}

subscription::~subscription() { reset(); }

void subscription::reset() noexcept {
  if (detail::token_node* root = std::exchange(node_, nullptr); root != nullptr) {
    root->unsubscribe(id_);
    root->release();
  }
}

token::token(detail::token_node* node) noexcept : node_(node) {}

token::token(const token& other) noexcept : node_(other.node_) {
  if (node_ != nullptr) node_->hold();
}

token::token(token&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}

token& token::operator=(token other) noexcept {
  std::swap(node_, other.node_);
  return *this;
}

token::~token() {
  if (node_ != nullptr) node_->release();
}

bool token::cancelled() const noexcept { return node_ == nullptr || node_->cancelled(); }

std::chrono::nanoseconds token::time_left() const noexcept {
  return std::chrono::nanoseconds(node_ == nullptr ? 0 : node_->left());
}

reason token::why() const noexcept {
  return node_ == nullptr ? reason::session_closed : node_->why();
}

token token::child(std::optional<std::chrono::milliseconds> limit) const {
  if (node_ == nullptr) return {};
  core::nanos until = core::never;
  if (limit) {
    // Nanoseconds in 64 bits hold 292 years.
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);
    const auto bounded = std::clamp(*limit, std::chrono::milliseconds(0), longest);
    until = node_->now() + std::chrono::nanoseconds(bounded).count();
  }
  auto* node = new (std::nothrow) detail::token_node(node_, until);
  return token(node);  // without memory a default token: cancelled
}

bool token::cancel() const {
  if (node_ == nullptr || node_->is_root()) return false;
  node_->cancel(reason::cancelled_by_user);
  return true;
}

subscription token::on_cancel(std::function<void(reason)> told) const {
  if (node_ == nullptr || !told) return {};
  detail::token_node* root = node_->root();
  const auto id = root->subscribe(node_, std::move(told));
  if (id == 0) return {};
  root->hold();
  return {root, id};
}

}  // namespace tenure
