#include "test/chaos/network.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "test/support/process.hpp"
#include "test/support/wait.hpp"

namespace tenure::chaos {
namespace {

using arguments = std::vector<std::string>;

bool run(const arguments& command, std::string& why_not) {
  test::process child(command);
  const test::ending how = child.wait();
  if (how.exit_code == 0) return true;
  why_not.clear();
  for (const std::string& each : command) why_not += each + ' ';
  why_not += "failed: " + child.errors();
  return false;
}

bool all(const std::vector<arguments>& commands, std::string& why_not) {
  for (const arguments& each : commands) {
    if (!run(each, why_not)) return false;
  }
  return true;
}

std::string entrance(int place) {
  return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(place);
}

arguments inside(int place) { return {"nsenter", "--net=" + entrance(place), "--"}; }

void set_port(const std::string& port, bool forwards) {
  std::string why_not;
  // 0: disabled, 3: forwarding, as `bridge` has them.
  if (!run({"bridge", "link", "set", "dev", port, "state", forwards ? "3" : "0"}, why_not))
    test::give_up(why_not);
}

std::string number(std::size_t n) { return std::to_string(n); }

}  // namespace

std::unique_ptr<network> network::build(std::size_t members, std::string& why_not) {
  std::unique_ptr<network> made(new network);
  if (made->make(members, why_not)) return made;
  return nullptr;
}

network::~network() {
  for (const int each : places_) close(each);
}

bool network::make(std::size_t members, std::string& why_not) {
  for (const char* tool : {"ip", "bridge", "nsenter"}) {
    if (!run({"sh", "-c", std::string("command -v ") + tool}, why_not)) {
      why_not = std::string("there is no `") + tool + "` (iproute2, util-linux)";
      return false;
    }
  }
  if (unshare(CLONE_NEWNET) != 0) {
    why_not = std::string("no network namespace: ") + std::strerror(errno);
    return false;
  }
  if (!run({"ip", "link", "set", "lo", "up"}, why_not)) return false;
  for (const auto& [bridge, address] :
       {std::pair<std::string, std::string>{"peers", "10.91.1.1/24"},
        {"clients", "10.91.2.1/24"},
        {"far", hub_address() + "/24"}}) {
    if (!all({{"ip", "link", "add", bridge, "type", "bridge"},
              {"ip", "addr", "add", address, "dev", bridge},
              {"ip", "link", "set", bridge, "up"}},
             why_not)) {
      return false;
    }
  }
  for (std::size_t i = 0; i < members; ++i) {
    if (!add_place(why_not) || !join(i, "peers", "peer" + number(i), peer_address(i), why_not) ||
        !join(i, "clients", "client" + number(i), client_address(i), why_not)) {
      return false;
    }
  }
  return add_place(why_not) && join(members, "far", "far0", "10.91.3.2", why_not);
}

bool network::add_place(std::string& why_not) {
  int place = -1;
  std::thread([&place] {
    if (unshare(CLONE_NEWNET) == 0) place = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  }).join();
  if (place < 0) {
    why_not = "no second network namespace";
    return false;
  }
  places_.push_back(place);
  arguments up = inside(place);
  up.insert(up.end(), {"ip", "link", "set", "lo", "up"});
  return run(up, why_not);
}

bool network::join(std::size_t place, const std::string& bridge, const std::string& port,
                   const std::string& address, std::string& why_not) {
  const int there = places_[place];
  arguments address_it = inside(there);
  arguments bring_up = address_it;
  address_it.insert(address_it.end(),
                    {"ip", "addr", "add", address + "/24", "dev", "to_" + bridge});
  bring_up.insert(bring_up.end(), {"ip", "link", "set", "to_" + bridge, "up"});
  return all({{"ip", "link", "add", port, "type", "veth", "peer", "name", "to_" + bridge, "netns",
               entrance(there)},
              {"ip", "link", "set", port, "master", bridge, "up"},
              address_it,
              bring_up},
             why_not);
}

std::vector<std::string> network::inside_member(std::size_t member) const {
  return inside(places_.at(member));
}
std::vector<std::string> network::inside_far() const { return inside(places_.back()); }

std::string network::peer_address(std::size_t member) { return "10.91.1." + number(member + 10); }
std::string network::client_address(std::size_t member) { return "10.91.2." + number(member + 10); }
std::string network::hub_address() { return "10.91.3.1"; }

void network::connect_to_peers(std::size_t member, bool connected) {
  set_port("peer" + number(member), connected);
}
void network::connect_to_clients(std::size_t member, bool connected) {
  set_port("client" + number(member), connected);
}
void network::connect_far(bool connected) { set_port("far0", connected); }

}  // namespace tenure::chaos
