// A counted reference to what has hold() and release(). Callables keep one: they outlive the call
// that made them.
#pragma once

#include <utility>

namespace tenure::detail {

template <class T>
class ref {
 public:
  explicit ref(T* to) : to_(to) { to_->hold(); }
  ref(const ref& other) : to_(other.to_) { to_->hold(); }
  ref(ref&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  ref& operator=(const ref&) = delete;
  ~ref() {
    if (to_ != nullptr) to_->release();
  }
  T* operator->() const { return to_; }

 private:
  T* to_;
};

}  // namespace tenure::detail
