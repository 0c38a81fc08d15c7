// RapidJSON under a name of our own. Its templates are weak symbols: with the usual name, a program
// that embeds us and compiles RapidJSON with other settings would silently get ours, or we its.
// Include RapidJSON through this file only, and before nothing else of it.
#pragma once

#ifdef RAPIDJSON_RAPIDJSON_H_
#error "RapidJSON was included before etcd/rapid.hpp"
#endif

#define RAPIDJSON_NAMESPACE tenure::rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace tenure { namespace rapidjson {
#define RAPIDJSON_NAMESPACE_END } }

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/writer.h>
