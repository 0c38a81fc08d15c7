// RapidJSON under a name of our own. Its templates are weak symbols. A program that embeds us may
// compile RapidJSON with other settings: under the usual name it would silently get our code, or we
// would get its code. Include RapidJSON through this file only.
#pragma once

#ifdef RAPIDJSON_RAPIDJSON_H_
#error "RapidJSON was included before etcd/rapid.hpp"
#endif

#define RAPIDJSON_NAMESPACE tenure::rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN \
  namespace tenure {              \
  namespace rapidjson {
#define RAPIDJSON_NAMESPACE_END \
  }                             \
  }

// RapidJSON does not look at what malloc returns, and writes to it. Its allocators say here that
// there is no memory, as our own code does: `pointer | or_no_memory{}` is the pointer, if it is
// one. (1.1.0 names malloc; newer ones have a macro for it.)
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>

namespace tenure {
struct or_no_memory {};
inline void* operator|(void* got, or_no_memory) {
  if (got != nullptr) return got;
#ifdef __cpp_exceptions
  throw std::bad_alloc();
#else
  std::abort();
#endif
}
}  // namespace tenure

#define RAPIDJSON_MALLOC(size) (std::malloc(size) | ::tenure::or_no_memory{})
#define RAPIDJSON_REALLOC(old, size) (std::realloc(old, size) | ::tenure::or_no_memory{})
#define malloc(size) \
  malloc(size) | ::tenure::or_no_memory {}
#define realloc(old, size) \
  realloc(old, size) | ::tenure::or_no_memory {}
#include <rapidjson/allocators.h>
#undef malloc
#undef realloc
#include <rapidjson/internal/swap.h>

// RapidJSON's stack adds to its null pointer before it first grows. That is harmless, but clang's
// sanitizer rightly complains, and all that follows would go untested. g++ does not mind.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/internal/stack.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
