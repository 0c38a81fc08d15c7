// The etcd of a run. Not test::etcd, because its members can be in namespaces of their own, and
// because nothing here may block the loop that the candidates' packets go through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <uv.h>

#include "test/chaos/gateway.hpp"
#include "test/chaos/journal.hpp"
#include "test/chaos/network.hpp"
#include "test/support/process.hpp"

namespace tenure::chaos {

class cluster {
 public:
  // Returns when all members are healthy. `net` may be null: then all is on 127.0.0.1.
  cluster(std::size_t members, const network* net);
  ~cluster();
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] std::string version() const;  // "3.4.23"
  [[nodiscard]] const std::string& endpoint(std::size_t member) const {
    return members_.at(member).client_url;
  }

  void start(std::size_t member);  // returns before it is healthy
  void kill(std::size_t member);
  void terminate(std::size_t member);  // asks it to; see `running`
  void stop(std::size_t member);
  void cont(std::size_t member);
  [[nodiscard]] bool running(std::size_t member) { return members_.at(member).running.running(); }

  // Asks every member now and then who leads; the changes go to the journal.
  void watch(uv_loop_t* loop, journal& into);
  [[nodiscard]] std::optional<std::size_t> leader() const;
  // Whether it has answered, with a leader, to a question asked after `since`.
  [[nodiscard]] bool healthy(std::size_t member, nanos since) const;
  [[nodiscard]] std::string hex_id(std::size_t member) const;  // "" if it has never answered

  // Another member's etcdctl, not through the candidates' proxies.
  [[nodiscard]] test::process etcdctl(const std::vector<std::string>& arguments) const;

 private:
  struct one {
    std::string client_url;
    std::string peer_url;
    test::process running;
    member_status last;
    nanos asked = 0;  // when the last answered question was asked
    bool asking = false;
  };
  void ask(std::size_t member);
  void note_leader();

  const network* net_;
  std::string directory_;
  std::vector<one> members_;
  uv_loop_t* loop_ = nullptr;
  journal* journal_ = nullptr;
  std::uint64_t leader_ = 0;
  std::int64_t term_ = 0;
};

}  // namespace tenure::chaos
