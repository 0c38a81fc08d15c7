// RapidJSON that says `bad_alloc` where malloc returns nothing; by itself it does not look.
// Include RapidJSON through this file only.
#pragma once

#include <cstdlib>
#include <limits>
#include <memory>
#include <new>

namespace tenure::tool {
struct or_no_memory {};
inline void* operator|(void* got, or_no_memory) {
  if (got == nullptr) throw std::bad_alloc();
  return got;
}
}  // namespace tenure::tool

#define RAPIDJSON_MALLOC(size) (std::malloc(size) | ::tenure::tool::or_no_memory{})
#define RAPIDJSON_REALLOC(old, size) (std::realloc(old, size) | ::tenure::tool::or_no_memory{})
// 1.1.0 names them.
#define malloc(size) \
  malloc(size) | ::tenure::tool::or_no_memory {}
#define realloc(old, size) \
  realloc(old, size) | ::tenure::tool::or_no_memory {}
#include <rapidjson/allocators.h>
#undef malloc
#undef realloc

// RapidJSON's stack adds to its null pointer before it first grows. That is harmless, but clang's
// sanitizer rightly complains, and all that follows would go untested.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/internal/stack.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
