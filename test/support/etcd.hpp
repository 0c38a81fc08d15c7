// A real etcd for one test: one member or a cluster on free loopback ports, its data in memory
// where there is /dev/shm. Gone, data and all, when the test ends in whatever way.
//
// The environment variables ETCD and ETCDCTL name other binaries.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "test/support/process.hpp"

namespace tenure::test {

struct answer {
  long status = 0;  // HTTP; 0 if none came
  std::string body;
};

class etcd {
 public:
  // Every member gets `arguments` as well. Returns when all members say that they are healthy.
  explicit etcd(std::size_t members = 1, std::vector<std::string> arguments = {});
  etcd(const etcd&) = delete;
  etcd& operator=(const etcd&) = delete;
  ~etcd();

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] std::string endpoint(std::size_t member = 0) const;
  [[nodiscard]] std::vector<std::string> endpoints() const;
  [[nodiscard]] std::string endpoint_list() const;  // separated by commas

  void stop(std::size_t member = 0);       // SIGSTOP: accepts connections, answers nothing
  void cont(std::size_t member = 0);       // SIGCONT
  void kill(std::size_t member = 0);       // SIGKILL; its ports refuse
  void terminate(std::size_t member = 0);  // SIGTERM; it says goodbye to the others first
  void start(std::size_t member = 0);      // after kill or terminate; returns before it is healthy
  void restart(std::size_t member = 0);    // kill, start and wait until it is healthy
  // Begins anew from a file of `etcdctl snapshot save`, under the same names and cluster id.
  // `options`: of the restoring program, besides.
  void restore(const std::string& snapshot, std::size_t member = 0,
               const std::vector<std::string>& options = {});
  // Whether that program knows --bump-revision: etcdutl since 3.5.9 does.
  [[nodiscard]] static bool can_bump_revision();
  void await_healthy(std::size_t member = 0) const;

  [[nodiscard]] process& member(std::size_t member = 0);
  [[nodiscard]] std::string data_dir(std::size_t member = 0) const;

  // Runs the real etcdctl to its end and returns its output. A failure of it ends the test.
  std::string etcdctl(const std::vector<std::string>& arguments) const;
  // One that goes on running, such as `elect`.
  [[nodiscard]] process etcdctl_process(const std::vector<std::string>& arguments) const;
  // One request to the JSON gateway as it is, e.g. post("/v3/kv/range", R"({"key":"YQ=="})").
  [[nodiscard]] answer post(const std::string& path, const std::string& json,
                            std::size_t member = 0) const;

 private:
  struct one {
    std::string client_url;
    std::string peer_url;
    process running;
  };
  [[nodiscard]] static std::string etcdutl();
  void restore_data(const std::vector<std::string>& arguments) const;
  bool launch_all(std::size_t members);
  [[nodiscard]] std::vector<std::string> identity(std::size_t member) const;
  [[nodiscard]] process launch(std::size_t member) const;
  [[nodiscard]] bool healthy(std::size_t member) const;
  one& at(std::size_t member);

  std::string directory_;
  int alive_ = -1;  // our end of a pipe; see sweep_when_gone
  pid_t sweeper_ = -1;
  std::vector<std::string> arguments_;
  std::vector<one> members_;
};

}  // namespace tenure::test
