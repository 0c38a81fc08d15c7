#include "connection.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

namespace tenure::tool {
namespace {

error bad(std::string message) { return {errc::invalid_argument, std::move(message)}; }

// A variable that is set to nothing counts as not set, as for etcdctl.
std::string from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::string flag_or(const std::string& flag, const char* variable) {
  return flag.empty() ? from_environment(variable) : flag;
}

// Etcdctl takes host:port, the library wants to know how to talk to it.
std::string with_scheme(std::string_view endpoint, bool tls) {
  if (endpoint.find("://") != std::string_view::npos) return std::string(endpoint);
  return (tls ? "https://" : "http://") + std::string(endpoint);
}

// A flag wins over the other's variable; of two variables the domain's, as with etcdctl.
error read_discovery(const connection_flags& flags, session_options& out) {
  if (!flags.endpoints.empty() && !flags.discovery_srv.empty())
    return bad("--endpoints and --discovery-srv are both given: give one of them");
  const bool named = !flags.discovery_srv_name.empty() || flags.insecure_discovery;
  if (named || flags.endpoints.empty())
    out.discovery_srv = flag_or(flags.discovery_srv, "ETCDCTL_DISCOVERY_SRV");
  if (out.discovery_srv.empty()) {
    if (!named) return {};
    return bad(
        "--discovery-srv-name and --insecure-discovery need a domain: give --discovery-srv DOMAIN");
  }
  out.discovery_srv_name = flag_or(flags.discovery_srv_name, "ETCDCTL_DISCOVERY_SRV_NAME");
  out.insecure_discovery =
      flags.insecure_discovery || from_environment("ETCDCTL_INSECURE_DISCOVERY") == "true";
  return {};
}

error read_endpoints(const connection_flags& flags, session_options& out) {
  if (error failed = read_discovery(flags, out)) return failed;
  if (!out.discovery_srv.empty() && flags.endpoints.empty()) return {};
  const std::string list = flag_or(flags.endpoints, "ETCDCTL_ENDPOINTS");
  if (list.empty()) {
    return bad(
        "no endpoints: give --endpoints URL[,URL...] or set ETCDCTL_ENDPOINTS, or give "
        "--discovery-srv DOMAIN");
  }

  const bool tls = !out.tls.ca_file.empty() || !out.tls.cert_file.empty();
  for (std::size_t start = 0; start <= list.size();) {
    std::size_t comma = list.find(',', start);
    if (comma == std::string::npos) comma = list.size();
    if (comma == start) {
      return bad("endpoint " + std::to_string(out.endpoints.size() + 1) +
                 " of the list is empty: give URL[,URL...], e.g. http://127.0.0.1:2379");
    }
    out.endpoints.push_back(with_scheme(std::string_view(list).substr(start, comma - start), tls));
    start = comma + 1;
  }
  return {};
}

// In the command's words, before the library has a look. A FIFO is left to it: it takes none.
error check_password_file(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat s {};
  char first = 0;
  const bool fifo = fd >= 0 && fstat(fd, &s) == 0 && S_ISFIFO(s.st_mode);
  const ssize_t got = fd >= 0 && !fifo ? read(fd, &first, 1) : fifo ? 1 : -1;
  explicit_bzero(&first, 1);
  if (fd >= 0) close(fd);
  if (got < 0)
    return bad("--password-file '" + path + "' cannot be read: check path and permissions");
  if (got == 0) return bad("--password-file '" + path + "' is empty: it must hold the password");
  return {};
}

// Takes a password over, to where no core file has it, and overwrites the text.
error hide(char* text, std::function<std::string()>& out) {
  const std::size_t size = std::strlen(text);
  void* const page =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return {errc::no_memory, "no memory for the password"};
  (void)madvise(page, size, MADV_DONTDUMP);
  auto* const kept = static_cast<char*>(std::memcpy(page, text, size));  // as long as we live
  explicit_bzero(text, size);
  out = [kept, size] { return std::string(kept, size); };
  return {};
}

// The variable's own text; null: not set, or to nothing.
char* variable(const char* name) {
  char* const value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

error read_credentials(const connection_flags& flags, session_options& out) {
  if (flags.user.find(':') != std::string::npos) {
    return bad(
        "--user takes the name alone, since everybody on this host can read a command line: "
        "put the password into ETCDCTL_PASSWORD or --password-file");
  }
  out.auth.user = flag_or(flags.user, "ETCDCTL_USER");
  char* password = variable("ETCDCTL_PASSWORD");
  if (out.auth.user.empty()) {
    // Not refused, since etcdctl goes on without it, too.
    if (password != nullptr) {
      std::fputs(
          "tenure: ETCDCTL_PASSWORD is not used, since there is no user: give --user NAME or set "
          "ETCDCTL_USER\n",
          stderr);
    }
    if (!flags.password_file.empty())
      return bad("--password-file without a user: give --user NAME or set ETCDCTL_USER");
    return {};
  }

  // As with etcdctl: the variable's user is user:password, if no other password is given.
  const std::size_t colon = out.auth.user.find(':');
  if (flags.user.empty() && password == nullptr && colon != std::string::npos) {
    password = variable("ETCDCTL_USER") + colon + 1;
    explicit_bzero(&out.auth.user[colon], out.auth.user.size() - colon);
    out.auth.user.resize(colon);
  }
  if (!flags.password_file.empty()) {
    out.auth.password_file = flags.password_file;  // the library reads it, again and again
    return check_password_file(flags.password_file);
  }
  if (password == nullptr || *password == '\0') {
    return bad("no password for the etcd user '" + out.auth.user +
               "': set ETCDCTL_PASSWORD or give --password-file FILE");
  }
  return hide(password, out.auth.ask_password);
}

}  // namespace

error complete_connection(const connection_flags& flags, session_options& out) {
  out.tls.ca_file = flag_or(flags.ca_file, "ETCDCTL_CACERT");
  out.tls.cert_file = flag_or(flags.cert_file, "ETCDCTL_CERT");
  out.tls.key_file = flag_or(flags.key_file, "ETCDCTL_KEY");
  // libcurl would create the file even where the library writes nothing to it.
  if (!out.tls.key_log) unsetenv("SSLKEYLOGFILE");
  if (error failed = read_endpoints(flags, out)) return failed;
  return read_credentials(flags, out);
}

}  // namespace tenure::tool
