// What the command says to bad usage and configuration: exit code 2, a message that helps, no
// secret in it, and not one packet.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "command_run.hpp"

using namespace tenure::test;

namespace {

using strings = std::vector<std::string>;

struct refusal {
  strings arguments;
  std::string says;
  strings environment = {};
};

// Somebody who listens: shows whether the command came as far as connecting.
class listener {
 public:
  listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(fd_, 16);
    socklen_t length = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    endpoint = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~listener() { ::close(fd_); }
  [[nodiscard]] bool was_called() const { return accept(fd_, nullptr, nullptr) >= 0; }

  std::string endpoint;

 private:
  int fd_;
};

std::string joined(const strings& all) {
  std::string out;
  for (const auto& one : all) out += one + ' ';
  return out;
}

void expect_refused(const refusal& wanted, const listener& etcd) {
  outcome seen = run_to_end(wanted.arguments, wanted.environment);
  const std::string context = joined(wanted.arguments) + "-> " + seen.errors;
  cr_expect(eq(int, seen.how.exit_code, 2), "%s", context.c_str());
  cr_expect(eq(sz, seen.output.size(), 0), "%s", context.c_str());
  cr_expect(seen.errors.find(wanted.says) != std::string::npos, "expected '%s' in: %s",
            wanted.says.c_str(), context.c_str());
  cr_expect(seen.errors.find("hunter2") == std::string::npos, "a password was shown: %s",
            context.c_str());
  cr_expect(not(etcd.was_called()), "a packet was sent: %s", context.c_str());
}

}  // namespace

Test(command_usage, a_wrong_command_line_is_refused_with_a_remedy) {
  const listener etcd;
  const strings plain{"campaign", "--endpoints", etcd.endpoint, "--app", "a", "--instance", "i"};
  const auto with = [&plain](strings more) {
    more.insert(more.begin(), plain.begin(), plain.end());
    return more;
  };
  const refusal table[] = {
      {{}, "a command is missing"},
      {{"elect"}, "'elect' is not a command"},
      {{"--loud"}, "'--loud' is neither a flag"},
      {{"campaign"}, "--app APP is missing"},
      {{"campaign", "--app", "a"}, "--instance NAME is missing"},
      {{"campaign", "--app", "a", "--instance", "i"}, "set ETCDCTL_ENDPOINTS"},
      {{"campaign", "--app"}, "'--app' needs a value"},
      {with({"--app", ""}), "--app is empty"},
      {with({"--discovery-srv", "example.test"}), "both given: give one of them"},
      {with({"--discovery-srv-name", "red"}), "give --discovery-srv DOMAIN"},
      {{"campaign", "--app", "a", "--instance", "i", "--discovery-srv", "a/b"},
       "discovery_srv must be a domain's name"},
      {{"campaign", "--app", "a", "--instance", "i"},
       "discovery_srv must be a domain's name",
       {"ETCDCTL_DISCOVERY_SRV=a/b", "ETCDCTL_ENDPOINTS=http://a"}},
      {with({"--endpoints", ""}), "--endpoints is empty"},
      {with({"--endpoints", "http://a:1,,http://b:1"}), "endpoint 3 of the list is empty"},
      {with({"--loud"}), "'--loud' is not a flag"},
      {with({"-x"}), "'-x' is not a flag"},
      {with({"--once=yes"}), "'--once' takes no value"},
      {with({"now"}), "argument 7 belongs to no flag"},
      {with({"--", "now"}), "argument 8 belongs to no flag"},
      {with({"-ttl", "3"}), "'-t' is not a flag"},
      {{"--loud", "campaign"}, "'--loud' is neither a flag"},
      {{"-x"}, "'-x' is neither a flag"},
      {with({"--format", "xml"}), "--format 'xml': give text or json"},
      {with({"--log", "loud"}), "--log 'loud': give debug, info, warning or error"},
      {with({"--shards", "0"}), "from 1 to 10000"},
      {with({"--shards", "10001"}), "--shards '10001' is out of range"},
      {with({"--shards", "3", "--shard", "shard-0001"}), "'shard-0001' is named twice"},
      {{"observe", "--app", "a", "--endpoints", etcd.endpoint, "--ttl", "3"},
       "'--ttl' is not a flag of this command"},
      {{"observe", "--endpoints", etcd.endpoint}, "--app APP is missing"},
      {{"observe", "--app", "a", "--endpoints", etcd.endpoint, "--all", "--shard", "s"},
       "--all follows every shard"},
      {{"observe", "--app", "a", "--endpoints", etcd.endpoint, "--shards", "3", "--all"},
       "leave out --shard and --shards"},
      {{"observe", "--app", "a", "--endpoints", etcd.endpoint, "--all=yes"},
       "'--all' takes no value"},
      {with({"--all"}), "'--all' is not a flag of this command"},
  };
  for (const refusal& row : table) expect_refused(row, etcd);
}

Test(command_usage, numbers_are_read_strictly) {
  const listener etcd;
  const auto with = [&etcd](const char* flag, const char* value) {
    return strings{"campaign",   "--endpoints", etcd.endpoint, "--app", "a",
                   "--instance", "i",           flag,          value};
  };
  const refusal table[] = {
      {with("--ttl", "ten"), "--ttl 'ten' is not a whole number: give seconds as a whole number"},
      {with("--ttl", "10s"), "--ttl '10s' is not a whole number"},
      {with("--ttl", "1.5"), "--ttl '1.5' is not a whole number"},
      {with("--ttl", " 10"), "--ttl ' 10' is not a whole number"},
      {with("--ttl", "0x10"), "--ttl '0x10' is not a whole number"},
      {with("--ttl", "+10"), "--ttl '+10' is not a whole number"},
      {with("--ttl", ""), "--ttl '' is empty"},
      {with("--ttl", "-1"), "--ttl '-1' is out of range"},
      {with("--last-seen-interval", "-0"), "--last-seen-interval '-0' is out of range"},
      {with("--ttl", "99999999999999999999"), "is out of range"},
      {with("--reassure-interval", "1e3"), "--reassure-interval '1e3'"},
      {with("--reassure-timeout", "x"), "milliseconds"},
      {with("--stop-grace", "x"), "--stop-grace 'x'"},
      {with("--margin", "x"), "--margin 'x'"},
      {with("--jeopardy-after", "x"), "--jeopardy-after 'x'"},
      {with("--retry-delay", "x"), "--retry-delay 'x'"},
      {with("--request-timeout", "x"), "--request-timeout 'x'"},
      {with("--stop-work-ms", "x"), "--stop-work-ms 'x'"},
      {with("--resign-limit", "0"), "--resign-limit '0' is out of range"},
      {with("--resign-limit", "3600001"), "--resign-limit '3600001' is out of range"},
  };
  for (const refusal& row : table) expect_refused(row, etcd);
}

Test(command_usage, what_the_library_refuses_is_bad_configuration) {
  const listener etcd;
  const auto with = [&etcd](strings more) {
    const strings plain{"campaign", "--endpoints", etcd.endpoint, "--app", "a", "--instance", "i"};
    more.insert(more.begin(), plain.begin(), plain.end());
    return more;
  };
  const refusal table[] = {
      {with({"--ttl", "1"}), "ttl"},
      {with({"--ttl", "301"}), "ttl"},
      {with({"--reassure-timeout", "9000"}), "reassure_timeout"},
      {with({"--ttl", "10", "--reassure-interval", "9000", "--reassure-timeout", "5000"}), "TTL"},
      {with({"--stop-grace", "9999"}), "stop_grace"},
      {with({"--margin", "1"}), "margin"},
      {with({"--retry-delay", "1"}), "retry_delay"},
      {with({"--request-timeout", "1"}), "request_timeout"},
      {with({"--jeopardy-after", "1"}), "jeopardy_after"},
      {with({"--app", "a//b"}), "app"},
      {with({"--app", "/a"}), "app"},
      {with({"--shard", "a/b"}), "shard"},
      {with({"--shard", "leader"}), "shard"},
      {with({"--endpoints", "ftp://127.0.0.1:1"}), "ftp"},
      {with({"--cert", "/nowhere/cert.pem"}), "key"},
      {{"observe", "--endpoints", etcd.endpoint, "--app", "a", "--shard", "a/b"}, "shard"},
  };
  for (const refusal& row : table) expect_refused(row, etcd);
}

Test(command_usage, a_password_is_taken_from_where_nobody_sees_it_and_never_shown) {
  const listener etcd;
  const auto with = [&etcd](strings more) {
    const strings plain{"campaign", "--endpoints", etcd.endpoint, "--app", "a", "--instance", "i"};
    more.insert(more.begin(), plain.begin(), plain.end());
    return more;
  };
  const std::string empty_file = "/dev/null";
  const refusal table[] = {
      {with({"--user", "me:hunter2"}), "ETCDCTL_PASSWORD or --password-file"},
      {with({"--password=hunter2"}), "set ETCDCTL_PASSWORD or give --password-file"},
      {with({"--password", "hunter2"}), "set ETCDCTL_PASSWORD or give --password-file"},
      {with({"--passwrd=hunter2"}), "'--passwrd' is not a flag"},
      // What stands before a wrong flag, within it, or where no flag is.
      {with({"--endpoints", "http://me:hunter2@h:1", "-ttl", "3"}), "'-t' is not a flag"},
      {with({"--user", "hunter2", "-x"}), "'-x' is not a flag"},
      {with({"-phunter2"}), "'-p' is not a flag"},
      {{"-phunter2", "campaign"}, "'-p' is neither a flag"},
      {{"--password=hunter2", "campaign"}, "'--password' is neither a flag"},
      {with({"--user", "me", "hunter2"}), "argument 9 belongs to no flag"},
      {{"campaign", "http://me:hunter2@h:1", "--app", "a"}, "argument 1 belongs to no flag"},
      {with({"--endpoints", "http://me:hunter2@h:1,,"}), "is empty"},
      {with({"--endpoints", "http://me:x,hunter2@h:1"}), "has a user or password in it"},
      {with({"--endpoints", "http://me:hunter2,x@h:1"}), "has a user or password in it"},
      {with({"--user", "me"}), "no password for the etcd user 'me'"},
      {with({"--user", "me"}), "no password for the etcd user 'me'", {"ETCDCTL_USER=you:hunter2"}},
      {with({}), "no password for the etcd user 'me'", {"ETCDCTL_USER=me"}},
      {with({"--password-file", empty_file}), "without a user"},
      {with({"--user", "me", "--password-file", empty_file}), "is empty"},
      {with({"--user", "me", "--password-file", "/nowhere/password"}), "cannot be read"},
      {with({"--user", "me", "--password-file", "/"}), "cannot be read"},
      {with({"--ttl", "1"}), "ttl", {"ETCDCTL_USER=me:hunter2"}},
  };
  for (const refusal& row : table) expect_refused(row, etcd);
}

Test(command_usage, help_and_version_go_to_stdout) {
  const std::pair<strings, std::string> table[] = {
      {{"--help"}, "campaign"},
      {{"-h"}, "observe"},
      {{"--version"}, "tenure 0."},
      {{"campaign", "--help"}, "--ttl"},
      {{"campaign", "-h"}, "SIGUSR1"},
      {{"observe", "--help"}, "--shards"},
      {{"campaign", "--help"}, "ETCDCTL_ENDPOINTS"},
  };
  for (const auto& [arguments, says] : table) {
    outcome seen = run_to_end(arguments);
    cr_expect(eq(int, seen.how.exit_code, 0));
    cr_expect(seen.output.find(says) != std::string::npos, "expected '%s' in: %s", says.c_str(),
              seen.output.c_str());
    cr_expect(eq(sz, seen.errors.size(), 0));
  }
}

Test(command_usage, a_closed_or_full_stdout_is_an_error) {
  for (const char* where : {">&-", ">/dev/full"}) {
    process shell({"sh", "-c", "exec \"$0\" --version " + std::string(where), built("tenure")});
    cr_expect(eq(int, shell.wait().exit_code, 1));
    cr_expect(shell.errors().find("stdout") != std::string::npos, "%s", shell.errors().c_str());
  }
}
