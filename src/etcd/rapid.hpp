// RapidJSON under a name of our own. Its templates are weak symbols: with the usual name, a program
// that embeds us and compiles RapidJSON with other settings would silently get ours, or we its.
// Include RapidJSON through this file only, and before nothing else of it.
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

// RapidJSON's stack adds to its null pointer before it first grows: harmless, but clang's sanitizer
// rightly complains, and everything behind it would go untested. (g++ does not mind.)
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
