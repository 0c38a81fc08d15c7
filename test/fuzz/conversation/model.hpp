// A small etcd that tells the truth: keys, leases and their history, with answers as the gateway
// writes them. What is done to an answer afterwards is the target's affair.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "etcd/rapid.hpp"

namespace fuzz {

using json = tenure::rapidjson::Document;
using node = tenure::rapidjson::Value;

[[nodiscard]] std::string written(const node& what);

class model {
 public:
  struct key {
    std::string name;
    std::string value;
    std::int64_t create = 0;
    std::int64_t mod = 0;
    std::int64_t version = 0;
    std::int64_t lease = 0;
  };
  struct change {
    std::int64_t revision = 0;
    bool deleted = false;
    key what;
  };

  // The answer's body in `out`; returns its HTTP status.
  int ask(std::string_view path, const std::string& body, json& out);
  // The next message of a watch, from `revision` on, which moves; false: there is none.
  bool watch(std::int64_t& revision, bool puts, json& out) const;
  void say_created(json& out) const;
  void say_progress(json& out) const;
  // Leases that have run out go, with their keys.
  void pass(std::int64_t now);

  // The oldest key below a prefix; null: there is none.
  [[nodiscard]] const key* eldest(const std::string& prefix) const;
  [[nodiscard]] std::int64_t revision() const { return revision_; }

 private:
  struct lease {
    std::int64_t ttl_s = 0;
    std::int64_t expires = 0;
  };
  void put_header(node& to, json& in) const;
  int refuse(int status, int code, const char* text, json& out) const;
  [[nodiscard]] node range(const node& asked, json& in) const;
  node execute(const node& op, json& in);
  void transact(const node& asked, node& to, json& in);
  [[nodiscard]] bool holds(const node& compare) const;
  [[nodiscard]] bool leases_live(const node& in) const;
  void end(const std::string& name);
  [[nodiscard]] std::vector<const key*> keys_of(const node& asked) const;

  std::map<std::string, key> keys_;
  std::map<std::int64_t, lease> leases_;
  std::vector<change> history_;
  std::int64_t revision_ = 1;
  std::int64_t writing_ = 0;  // the revision that is being made
  std::int64_t now_ = 0;
};

}  // namespace fuzz
