// A call made ready ahead of time. To hand it on takes no memory, so that cannot fail.
#pragma once

#include <functional>
#include <list>
#include <utility>

namespace tenure {

using call = std::list<std::function<void()>>;  // one, or none

template <class What>
[[nodiscard]] call make_call(What&& what) {
  call made;
  made.emplace_back(std::forward<What>(what));
  return made;
}

}  // namespace tenure
