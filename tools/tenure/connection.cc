#include "connection.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace tenure::tool {
namespace {

constexpr std::size_t password_limit = 4096;

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

error read_endpoints(const connection_flags& flags, session_options& out) {
  const std::string list = flag_or(flags.endpoints, "ETCDCTL_ENDPOINTS");
  if (list.empty())
    return bad("no endpoints: give --endpoints URL[,URL...] or set ETCDCTL_ENDPOINTS");

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

error read_password_file(const std::string& path, std::string& out) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  std::string content(password_limit + 1, '\0');
  if (file) content.resize(std::fread(content.data(), 1, content.size(), file.get()));
  if (!file || std::ferror(file.get())) {
    return bad("--password-file '" + path + "' cannot be read: check path and permissions");
  }

  // Editors end a file with a line feed, which is not part of the password.
  if (!content.empty() && content.back() == '\n') content.pop_back();
  if (!content.empty() && content.back() == '\r') content.pop_back();
  if (content.empty())
    return bad("--password-file '" + path + "' is empty: it must hold the password");
  if (content.size() > password_limit)
    return bad("--password-file '" + path + "' is too long for a password");
  out = std::move(content);
  return {};
}

error read_credentials(const connection_flags& flags, session_options& out) {
  if (flags.user.find(':') != std::string::npos) {
    return bad(
        "--user takes the name alone, since everybody on this host can read a command line: "
        "put the password into ETCDCTL_PASSWORD or --password-file");
  }
  out.auth.user = flag_or(flags.user, "ETCDCTL_USER");
  out.auth.password = from_environment("ETCDCTL_PASSWORD");
  if (out.auth.user.empty()) {
    // Not refused, since etcdctl goes on without it, too.
    if (!out.auth.password.empty()) {
      std::fputs(
          "tenure: ETCDCTL_PASSWORD is not used, since there is no user: give --user NAME or set "
          "ETCDCTL_USER\n",
          stderr);
    }
    out.auth.password.clear();
    if (!flags.password_file.empty())
      return bad("--password-file without a user: give --user NAME or set ETCDCTL_USER");
    return {};
  }

  // As with etcdctl: the variable's user is user:password, if no other password is given.
  const std::size_t colon = out.auth.user.find(':');
  if (flags.user.empty() && out.auth.password.empty() && colon != std::string::npos) {
    out.auth.password = out.auth.user.substr(colon + 1);
    out.auth.user.resize(colon);
  }
  if (!flags.password_file.empty()) {
    if (error failed = read_password_file(flags.password_file, out.auth.password)) return failed;
  }
  if (out.auth.password.empty()) {
    return bad("no password for the etcd user '" + out.auth.user +
               "': set ETCDCTL_PASSWORD or give --password-file FILE");
  }
  return {};
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
