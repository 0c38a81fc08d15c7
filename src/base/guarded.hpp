// The one place where running out of memory becomes a value.
#pragma once

#include <new>
#include <utility>

#include "tenure/error.hpp"

namespace tenure {

template <class Call>
error guarded(Call&& call) {
#ifdef __cpp_exceptions
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return {errc::no_memory, {}, 0};
  }
#else
  return call();
#endif
}

// For callbacks, which have nobody to tell. False: memory ran out.
template <class Call>
[[nodiscard]] bool has_memory_for(Call&& call) noexcept {
#ifdef __cpp_exceptions
  try {
    call();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
#else
  call();
  return true;
#endif
}

// Undoes something when its scope is left by an error or an exception, unless it is kept.
template <class Undo>
class undo_unless_kept {
 public:
  explicit undo_unless_kept(Undo undo) : undo_(std::move(undo)) {}
  undo_unless_kept(const undo_unless_kept&) = delete;
  undo_unless_kept& operator=(const undo_unless_kept&) = delete;
  ~undo_unless_kept() {
    if (kept_) return;
    // Without memory for that either, what is left is closed with its session.
    (void)guarded([this]() -> error {
      undo_();
      return {};
    });
  }
  void keep() noexcept { kept_ = true; }

 private:
  Undo undo_;
  bool kept_ = false;
};

}  // namespace tenure
