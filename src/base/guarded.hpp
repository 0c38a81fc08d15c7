// The one place where running out of memory becomes a value.
#pragma once

#include <new>

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

}  // namespace tenure
