// What the tests of the wire share: two elections, etcd's answers as text, and both directions.
#pragma once

#include <string>

#include "core/action.hpp"
#include "etcd/base64.hpp"
#include "wire/decode.hpp"
#include "wire/decode_watch.hpp"
#include "wire/encode.hpp"

namespace wire_world {

using namespace tenure::wire;
using tenure::errc;
using tenure::session_options;
using tenure::core::op;
using tenure::core::outcome;
namespace core = tenure::core;
namespace net = tenure::net;
namespace value = tenure::value;

inline const std::string header =
    R"("header":{"cluster_id":"14841639068965178418","member_id":"1","revision":"70","raft_term":"4"})";

inline std::string b64(const std::string& bytes) {
  std::string out;
  tenure::etcd::append_base64(out, bytes);
  return out;
}

// A key as a range answers it.
inline std::string kv(const std::string& key, int created, const std::string& lease,
                      const std::string& value = "") {
  return R"({"key":")" + b64(key) + R"(","create_revision":")" + std::to_string(created) +
         R"(","mod_revision":")" + std::to_string(created) + R"(","version":"1")" +
         (value.empty() ? "" : R"(,"value":")" + b64(value) + "\"") + R"(,"lease":")" + lease +
         "\"}";
}
// `further`: keys that are there, but were not answered.
inline std::string found(const std::string& kvs, int further = 0) {
  int count = further;
  for (std::size_t at = 0; (at = kvs.find(R"("key":)", at)) != std::string::npos; ++at) ++count;
  return (kvs.empty() ? "" : R"("kvs":[)" + kvs + "],") + (further != 0 ? R"("more":true,)" : "") +
         R"("count":")" + std::to_string(count) + "\"";
}
inline std::string range(const std::string& kvs, int further = 0) {
  return R"({"response_range":{)" + header + "," + found(kvs, further) + "}}";
}
inline std::string nested(bool succeeded, const std::string& responses) {
  return R"({"response_txn":{)" + header + (succeeded ? R"(,"succeeded":true)" : "") +
         (responses.empty() ? "" : R"(,"responses":[)" + responses + "]") + "}}";
}
inline std::string txn(const std::string& responses) {
  return "{" + header + R"(,"succeeded":true,"responses":[)" + responses + "]}";
}
inline const std::string put = R"({"response_put":{)" + header + "}}";
inline const std::string erased = R"({"response_delete_range":{)" + header + R"(,"deleted":"1"}})";

inline bool compares_queue(op what) { return what == op::reassure || what == op::announce; }

struct world {
  session_options options;
  electorate elections{"app"};
  reporter report{{"http://a:2379", "http://b:2379"}};
  encoder out{elections, options};
  decoder in{elections, report};
  watch_decoder watch{elections, report};

  world() {
    options.instance = "me";
    options.auth.user = "root";
    options.auth.password = "swordfish";
    elections.add("");
    elections.add("x");
  }
  expected asked(op what) {
    expected e;
    e.what = what;
    e.endpoint = 1;
    e.lease = 0x1234;
    e.ttl = 10 * core::second;
    e.limit = 64;
    e.next_key = "app/";
    if (what == op::stand || what == op::reassure || what == op::announce || what == op::withdraw ||
        what == op::read_queue || what == op::read_leader) {
      e.items = {{0, what == op::stand ? 0 : 50, compares_queue(what) ? 50 : 0}};
    }
    return e;
  }
  decoded hear(const expected& e, std::string body, long status = 200,
               net::delivery how = net::delivery::answered) {
    net::reply r;
    r.delivery = how;
    r.http_status = status;
    r.body = std::move(body);
    r.failure = how == net::delivery::answered ? "" : "it did not work";
    return in.decode(77, e, r);
  }
  http_request say(const core::send& s, std::string_view next_key = {}) {
    return out.encode(s, value::time(), next_key);
  }
  core::send send(op what) {
    core::send s;
    s.what = what;
    s.lease = 0x1234;
    s.ttl = 10 * core::second;
    s.items = {{0, 50}, {1, 60}};
    if (compares_queue(what)) s.items = {{0, 50, 40}, {1, 60, 40}};
    return s;
  }
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace wire_world
