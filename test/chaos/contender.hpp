// One `tenure campaign` of a run, with proxies of its own between it and each member.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <uv.h>

#include "test/chaos/cluster.hpp"
#include "test/chaos/journal.hpp"
#include "test/chaos/network.hpp"
#include "test/support/process.hpp"
#include "test/support/proxy.hpp"

namespace tenure::chaos {

class contender {
 public:
  // With `far` it runs behind a link of its own.
  contender(uv_loop_t* loop, std::string name, const cluster& etcd, const network* far, int ttl_ms,
            journal& into);

  void start();
  void kill();  // -9
  void stop();  // SIGSTOP; returns when it has stopped
  void cont();
  void hand_over();  // resigns, stands again
  void leave();      // resigns for good and ends
  void read();       // what it has printed, and whether it has ended

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] bool leads() const { return !key_.empty(); }
  [[nodiscard]] const std::string& key() const {
    return key_;
  }  // its leader key; "" if it does not lead
  [[nodiscard]] bool ended() const { return ended_; }

  [[nodiscard]] std::vector<std::unique_ptr<test::proxy>>& proxies() { return proxies_; }

 private:
  void read_lines();
  void understand(const std::string& line);

  std::string name_;
  journal& journal_;
  std::vector<std::unique_ptr<test::proxy>> proxies_;  // to each member
  std::vector<std::string> argv_;
  test::process running_;
  std::string key_;
  bool ended_ = true;
};

}  // namespace tenure::chaos
