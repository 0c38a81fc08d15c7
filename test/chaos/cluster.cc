#include "test/chaos/cluster.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "test/support/wait.hpp"

namespace tenure::chaos {
namespace {

constexpr int status_timeout_ms = 700;

std::string from_environment(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string url(const std::string& host, int port) {
  return "http://" + host + ":" + std::to_string(port);
}

std::string name_of(std::size_t member) { return "m" + std::to_string(member); }

}  // namespace

cluster::cluster(std::size_t members, const network* net) : net_(net) {
  directory_ =
      (access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + std::string("/tenure-chaos-XXXXXX");
  if (mkdtemp(directory_.data()) == nullptr)
    test::give_up(directory_ + ": " + std::strerror(errno));
  for (std::size_t i = 0; i < members; ++i) {
    one fresh{"", "", test::process({"true"}), {}};
    fresh.client_url = net != nullptr ? url(network::client_address(i), 2379)
                                      : url("127.0.0.1", test::free_port());
    fresh.peer_url =
        net != nullptr ? url(network::peer_address(i), 2380) : url("127.0.0.1", test::free_port());
    members_.push_back(std::move(fresh));
  }
  for (std::size_t i = 0; i < members; ++i) start(i);
  for (std::size_t i = 0; i < members; ++i) {
    test::await([&] {
      if (!running(i)) test::give_up("etcd does not start:\n" + members_[i].running.errors());
      const auto heard = ask_status(members_[i].client_url, status_timeout_ms);
      return heard && heard->leader != 0;
    });
  }
}

cluster::~cluster() {
  members_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string cluster::version() const {
  return ask_version(members_.front().client_url, status_timeout_ms);
}

void cluster::start(std::size_t member) {
  one& self = members_[member];
  std::string all;
  for (std::size_t i = 0; i < members_.size(); ++i)
    all += (i == 0 ? "" : ",") + name_of(i) + "=" + members_[i].peer_url;
  std::vector<std::string> argv;
  if (net_ != nullptr) argv = net_->inside_member(member);
  argv.insert(
      argv.end(),
      {from_environment("ETCD", "etcd"), "--name=" + name_of(member),
       "--data-dir=" + directory_ + "/" + name_of(member),
       "--listen-client-urls=" + self.client_url, "--advertise-client-urls=" + self.client_url,
       "--listen-peer-urls=" + self.peer_url, "--initial-advertise-peer-urls=" + self.peer_url,
       "--initial-cluster=" + all, "--initial-cluster-token=" + directory_});
  self.running = test::process(argv, {"ETCD_UNSUPPORTED_ARCH=arm64"});
}

void cluster::kill(std::size_t member) { (void)members_.at(member).running.kill(); }

void cluster::terminate(std::size_t member) { members_.at(member).running.signal(SIGTERM); }

// A stopped process is stopped a moment after the signal was sent: wait for it.
void cluster::stop(std::size_t member) {
  const pid_t pid = members_.at(member).running.pid();
  ::kill(pid, SIGSTOP);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WEXITED | WNOWAIT);
}

void cluster::cont(std::size_t member) { members_.at(member).running.signal(SIGCONT); }

void cluster::watch(uv_loop_t* loop, journal& into) {
  loop_ = loop;
  journal_ = &into;
  for (std::size_t i = 0; i < members_.size(); ++i) ask(i);
}

void cluster::ask(std::size_t member) {
  if (members_[member].asking) return;
  members_[member].asking = true;
  const nanos since = now();
  ask_status(loop_, members_[member].client_url, status_timeout_ms,
             [this, member, since](const std::optional<member_status>& heard) {
               one& self = members_[member];
               self.asking = false;
               if (!heard) return;
               self.last = *heard;
               self.asked = since;
               note_leader();
             });
}

// Whoever answers with the highest term knows best.
void cluster::note_leader() {
  const member_status* best = nullptr;
  for (const one& each : members_) {
    if (each.last.leader != 0 && (best == nullptr || each.last.term > best->term))
      best = &each.last;
  }
  if (best == nullptr || (best->leader == leader_ && best->term == term_)) return;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].last.id != best->leader) continue;  // not until it has told its number itself
    leader_ = best->leader;
    term_ = best->term;
    journal_->write("etcd_leader", now(), {{"member", name_of(i)}, {"term", term_}});
  }
}

std::optional<std::size_t> cluster::leader() const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (leader_ != 0 && members_[i].last.id == leader_) return i;
  }
  return std::nullopt;
}

bool cluster::healthy(std::size_t member, nanos since) const {
  return members_[member].asked > since && members_[member].last.leader != 0;
}

std::string cluster::hex_id(std::size_t member) const {
  if (members_[member].last.id == 0) return "";
  char text[20];
  std::snprintf(text, sizeof text, "%llx",
                static_cast<unsigned long long>(members_[member].last.id));
  return text;
}

test::process cluster::etcdctl(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {from_environment("ETCDCTL", "etcdctl"), "--dial-timeout=1s",
                                   "--command-timeout=2s",
                                   "--endpoints=" + members_[leader().value_or(0)].client_url};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return test::process(argv, {"ETCDCTL_API=3"});
}

}  // namespace tenure::chaos
