// Real links that can really be cut: each etcd member, and one candidate, in a network namespace of
// its own, joined by bridges to the driver's. A cut link loses packets without a word, as a dead
// switch does: the bridge's port is closed, the carrier stays.
//
// The namespaces have no names: they go with the processes that are in them, however those end.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace tenure::chaos {

class network {
 public:
  // Before this process has threads: it moves to a namespace itself. Null where that cannot be
  // (no root, no `ip`, no kernel support), and then `why_not` says what is missing.
  [[nodiscard]] static std::unique_ptr<network> build(std::size_t members, std::string& why_not);
  ~network();
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  // What a command line begins with to run there.
  [[nodiscard]] std::vector<std::string> inside_member(std::size_t member) const;
  [[nodiscard]] std::vector<std::string> inside_far() const;

  [[nodiscard]] static std::string peer_address(std::size_t member);    // among the members
  [[nodiscard]] static std::string client_address(std::size_t member);  // for the candidates
  [[nodiscard]] static std::string hub_address();  // where the far candidate finds its proxies

  void connect_to_peers(std::size_t member, bool connected);
  void connect_to_clients(std::size_t member, bool connected);
  void connect_far(bool connected);

 private:
  network() = default;
  bool make(std::size_t members, std::string& why_not);
  bool add_place(std::string& why_not);
  bool join(std::size_t place, const std::string& bridge, const std::string& port,
            const std::string& address, std::string& why_not);

  std::vector<int> places_;  // descriptors of the namespaces: members, then the far candidate's
};

}  // namespace tenure::chaos
