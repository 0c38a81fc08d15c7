// Answers of etcd's gateway as text, and what the decoder makes of them; for the tests of both.
#pragma once

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <cstdint>
#include <limits>
#include <string>

#include "etcd/response.hpp"

namespace tenure::etcd {

using std::string;

inline constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
inline const string H =
    R"("header":{"cluster_id":"14841639068965178418","member_id":"10276657743932975437","revision":"3","raft_term":"2"})";

template <class Answer>
Answer parsed(const string& text) {
  Answer out;
  string why;
  cr_assert(parse(text, out, why), "%s: %s", text.c_str(), why.c_str());
  return out;
}

// The reason for refusing `text`; empty if it was taken.
template <class Answer>
string refused(const string& text) {
  Answer out;
  string why;
  return parse(text, out, why) ? "" : why;
}

template <class Answer>
bool refused_as(const string& text, const string& expected) {
  const string why = refused<Answer>(text);
  if (why != expected) cr_log_error("%s\n  refused with: %s", text.c_str(), why.c_str());
  return why == expected;
}

inline string put_in(const string& in, const string& value) {
  string out = in;
  return out.replace(out.find('$'), 1, value);
}

inline const string standing = "{" + H + R"(,"succeeded":true,"responses":[
  {"response_txn":{"header":{},"succeeded":true,"responses":[
    {"response_put":{"header":{"revision":"3"}}},
    {"response_range":{"header":{"revision":"3"},"kvs":[
      {"key":"YXBwL2E=","create_revision":"2","mod_revision":"2","version":"1","lease":"-7"},
      {"key":"YXBwL2I=","create_revision":"3","mod_revision":"3","version":"1","value":"dg==","lease":"9223372036854775807"}],
      "more":true,"count":"5"}}]}},
  {"response_txn":{"header":{},"responses":[{"response_range":{"header":{"revision":"3"}}}]}},
  {"response_txn":{"header":{},"succeeded":true}},
  {"response_delete_range":{"header":{"revision":"3"},"deleted":"1"}},
  {"response_delete_range":{"header":{"revision":"3"}}}]})";

}  // namespace tenure::etcd
