#include "test/support/etcd.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <filesystem>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "test/support/wait.hpp"

namespace tenure::test {
namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::string make_directory() {
  const bool memory = access("/dev/shm", W_OK) == 0;
  std::string path =
      (memory ? "/dev/shm" : from_environment("TMPDIR", "/tmp")) + "/tenure-etcd-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) give_up(path + ": " + std::strerror(errno));
  return path;
}

// A failed assertion leaves the test without running destructors. So another process waits for the
// end of ours (the pipe closes, however we end) and removes the directory then.
pid_t sweep_when_gone(const std::string& directory, int& alive) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) give_up(std::string("pipe: ") + std::strerror(errno));
  alive = ends[1];
  const pid_t child = fork();
  if (child < 0) give_up(std::string("fork: ") + std::strerror(errno));
  if (child > 0) {
    close(ends[0]);
    return child;
  }
  setsid();
  dup2(ends[0], STDIN_FILENO);
  const int nowhere = open("/dev/null", O_WRONLY);
  dup2(nowhere, STDOUT_FILENO);
  dup2(nowhere, STDERR_FILENO);
  syscall(SYS_close_range, 3U, ~0U, 0U);
  // A member in the throes of death may still write: again, until nothing is left.
  const char* const script = "cat; n=0; until rm -rf \"$1\" || [ $n -ge 50 ]; do n=$((n+1)); done";
  execl("/bin/sh", "sh", "-c", script, "sh", directory.c_str(), nullptr);
  _exit(127);
}

std::size_t append(char* bytes, std::size_t size, std::size_t count, void* to) {
  static_cast<std::string*>(to)->append(bytes, size * count);
  return size * count;
}

// GET where there is no body to send.
answer request(const std::string& url, const std::string* body, long timeout_ms) {
  const std::unique_ptr<CURL, void (*)(CURL*)> easy(curl_easy_init(), curl_easy_cleanup);
  const std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), curl_slist_free_all);
  answer got;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, timeout_ms * slowness());
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &got.body);
  if (body != nullptr) curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body->c_str());
  if (curl_easy_perform(easy.get()) != CURLE_OK) return {};
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &got.status);
  return got;
}

std::string loopback_url() { return "http://127.0.0.1:" + std::to_string(free_port()); }

std::string name_of(std::size_t member) { return "member" + std::to_string(member); }

}  // namespace

etcd::etcd(std::size_t members, std::vector<std::string> arguments)
    : directory_(make_directory()), arguments_(std::move(arguments)) {
  sweeper_ = sweep_when_gone(directory_, alive_);
  // Another test may have taken a port between our look and the start: then with other ports.
  for (int tries = 1; !launch_all(members); ++tries) {
    if (tries == 3) give_up("etcd does not start:\n" + members_.front().running.errors());
  }
}

etcd::~etcd() {
  members_.clear();
  close(alive_);
  int status = 0;
  waitpid(sweeper_, &status, 0);
}

bool etcd::launch_all(std::size_t members) {
  members_.clear();
  members_.reserve(members);
  std::vector<std::pair<std::string, std::string>> urls;
  for (std::size_t i = 0; i < members; ++i) urls.emplace_back(loopback_url(), loopback_url());
  for (auto& [client, peer] : urls) members_.push_back({client, peer, process({"true"})});
  for (std::size_t i = 0; i < members; ++i) members_[i].running = launch(i);
  bool all_run = true;
  for (std::size_t i = 0; i < members && all_run; ++i) {
    await([&] {
      all_run = members_[i].running.running();
      return !all_run || healthy(i);
    });
  }
  return all_run;
}

std::vector<std::string> etcd::identity(std::size_t member) const {
  std::string cluster;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    cluster += (i == 0 ? "" : ",") + name_of(i) + "=" + members_[i].peer_url;
  }
  return {"--name=" + name_of(member), "--data-dir=" + data_dir(member),
          "--initial-advertise-peer-urls=" + members_[member].peer_url,
          "--initial-cluster=" + cluster,
          // Members of an earlier attempt, or of another test, must not join.
          "--initial-cluster-token=" + members_.front().peer_url + directory_};
}

process etcd::launch(std::size_t member) const {
  const one& self = members_[member];
  std::vector<std::string> argv = {
      from_environment("ETCD", "etcd"), "--listen-client-urls=" + self.client_url,
      "--advertise-client-urls=" + self.client_url, "--listen-peer-urls=" + self.peer_url};
  const std::vector<std::string> who = identity(member);
  argv.insert(argv.end(), who.begin(), who.end());
  argv.insert(argv.end(), arguments_.begin(), arguments_.end());
  return process(argv, {"ETCD_UNSUPPORTED_ARCH=arm64"});
}

bool etcd::healthy(std::size_t member) const {
  const answer got = request(members_[member].client_url + "/health", nullptr, 1000);
  return got.status == 200 && got.body.find("\"true\"") != std::string::npos;
}

void etcd::await_healthy(std::size_t member) const {
  await([&] { return healthy(member); });
}

etcd::one& etcd::at(std::size_t member) {
  if (member >= members_.size()) give_up("there is no member " + std::to_string(member));
  return members_[member];
}

std::string etcd::endpoint(std::size_t member) const { return members_.at(member).client_url; }

std::vector<std::string> etcd::endpoints() const {
  std::vector<std::string> all;
  for (const one& each : members_) all.push_back(each.client_url);
  return all;
}

std::string etcd::endpoint_list() const {
  std::string list;
  for (const one& each : members_) list += (list.empty() ? "" : ",") + each.client_url;
  return list;
}

// A stopped process is stopped a moment after the signal was sent: wait for it, so that nothing
// is answered after this.
void etcd::stop(std::size_t member) {
  const pid_t pid = at(member).running.pid();
  ::kill(pid, SIGSTOP);
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOWAIT);
}

void etcd::cont(std::size_t member) { at(member).running.signal(SIGCONT); }

void etcd::kill(std::size_t member) { (void)at(member).running.kill(); }

void etcd::terminate(std::size_t member) {
  at(member).running.signal(SIGTERM);
  (void)at(member).running.wait();
}

void etcd::start(std::size_t member) { at(member).running = launch(member); }

void etcd::restart(std::size_t member) {
  kill(member);
  start(member);
  await_healthy(member);
}

process& etcd::member(std::size_t member) { return at(member).running; }

// The one beside etcdctl; empty: there is none.
std::string etcd::etcdutl() {
  const std::string ctl = from_environment("ETCDCTL", "etcdctl");
  std::string utl = ctl.substr(0, ctl.rfind('/') + 1) + "etcdutl";
  return utl == "etcdutl" || access(utl.c_str(), X_OK) != 0 ? "" : utl;
}

bool etcd::can_bump_revision() {
  const std::string utl = etcdutl();
  if (utl.empty()) return false;
  process help({utl, "snapshot", "restore", "--help"});
  return help.rest().find("--bump-revision") != std::string::npos;
}

// Since 3.6 etcdctl restores nothing. etcdutl does.
void etcd::restore_data(const std::vector<std::string>& arguments) const {
  const std::string utl = etcdutl();
  if (utl.empty()) {
    etcdctl(arguments);
    return;
  }
  std::vector<std::string> argv = {utl};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  process run(argv);
  if (!(run.wait() == ending{0, 0})) give_up("etcdutl failed: " + run.errors());
}

// Named after the port as well: a second attempt must not find the data of the first.
void etcd::restore(const std::string& snapshot, std::size_t member,
                   const std::vector<std::string>& options) {
  kill(member);
  std::filesystem::remove_all(data_dir(member));
  std::vector<std::string> arguments = {"snapshot", "restore", snapshot};
  const std::vector<std::string> who = identity(member);
  arguments.insert(arguments.end(), who.begin(), who.end());
  arguments.insert(arguments.end(), options.begin(), options.end());
  restore_data(arguments);
  start(member);
  await_healthy(member);
}

std::string etcd::data_dir(std::size_t member) const {
  const std::string& url = members_.at(member).client_url;
  return directory_ + "/" + name_of(member) + "-" + url.substr(url.rfind(':') + 1);
}

process etcd::etcdctl_process(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv = {from_environment("ETCDCTL", "etcdctl")};
  std::vector<std::string> variables = {"ETCDCTL_API=3", "ETCDCTL_ENDPOINTS=" + endpoint_list()};
  for (const std::string& each : arguments) {
    argv.push_back(each);
    // etcdctl refuses to be told twice.
    if (each.rfind("--endpoints", 0) == 0) variables.resize(1);
  }
  return process(argv, variables);
}

std::string etcd::etcdctl(const std::vector<std::string>& arguments) const {
  process run = etcdctl_process(arguments);
  std::string output = run.rest();
  if (!(run.wait() == ending{0, 0})) give_up("etcdctl failed: " + output + run.errors());
  return output;
}

answer etcd::post(const std::string& path, const std::string& json, std::size_t member) const {
  return request(members_.at(member).client_url + path, &json, 10000);
}

}  // namespace tenure::test
