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

#include <rapidjson/allocators.h>
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
