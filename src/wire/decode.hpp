// What the answer to a request says. It is only read here. The core judges whether anything follows
// from it, so nothing that is remembered changes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/event.hpp"
#include "etcd/response.hpp"
#include "net/reply.hpp"
#include "tenure/candidate.hpp"
#include "tenure/error.hpp"
#include "wire/electorate.hpp"
#include "wire/expected.hpp"
#include "wire/failure.hpp"

namespace tenure::wire {

struct leader_read {
  core::election_id election = 0;
  leader_info leader;  // false: nobody leads
};

struct decoded {
  core::answer answer;
  error failure;                      // of an answer that is not ok
  std::string token;                  // authenticate
  std::vector<etcd::key_value> page;  // read_all
  std::vector<leader_read> leaders;   // read_leader: one for each election that was asked for
};

class decoder {
 public:
  decoder(const electorate& electorate, const reporter& report)
      : electorate_(electorate), report_(report) {}

  [[nodiscard]] decoded decode(core::call_id call, const expected& asked,
                               const net::reply& reply) const;

 private:
  bool read(const expected& asked, const std::string& body, decoded& out, std::string& why) const;
  bool read_transaction(const expected& asked, const std::string& body, decoded& out,
                        std::string& why) const;
  void read_entries(const expected& asked, std::vector<etcd::op_response>& responses,
                    decoded& out) const;
  void add_rivals(core::election_id election, const etcd::op_response& range, core::answer& a,
                  core::item_answer& item) const;

  const electorate& electorate_;
  const reporter& report_;
};

}  // namespace tenure::wire
