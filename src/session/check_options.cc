#include "session/check_options.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "base/testing.hpp"
#include "wire/names.hpp"

namespace tenure::detail {

namespace {

// Beyond every range, and within what nanoseconds can hold: the check says what is wrong with it.
core::nanos to_nanos(milliseconds ms) {
  constexpr milliseconds longest = std::chrono::hours(24 * 365);
  return std::chrono::nanoseconds(std::clamp(ms, -longest, longest)).count();
}

std::optional<core::nanos> to_nanos(const std::optional<milliseconds>& ms) {
  return ms ? std::optional<core::nanos>(to_nanos(*ms)) : std::nullopt;
}

// A name or an address, as it stands in a certificate.
error check_server_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == ':';
  };
  if (name.size() <= 253 && std::all_of(name.begin(), name.end(), fits)) return {};
  return {errc::invalid_argument,
          "tls.server_name must be a host name or an address: letters, digits, '-', '.' and ':', "
          "at most 253 bytes",
          0};
}

error check_auth(const credentials& o, checked_options& out) {
  const int given =
      (o.password.empty() ? 0 : 1) + (o.password_file.empty() ? 0 : 1) + (o.ask_password ? 1 : 0);
  if (o.user.empty() && given != 0)
    return {errc::invalid_argument, "auth: a password without a user", 0};
  if (given > 1) {
    return {errc::invalid_argument,
            "auth: give only one of password, password_file and ask_password", 0};
  }
  out.password = o.password;
  out.files.password.path = o.password_file;
  return read_password(out.files.password, out.password);
}

// Nothing is wrong with them, but somebody may believe in a safety that is not there.
void look_for_surprises(const session_options& o, checked_options& out) {
  for (const std::string& url : out.transport.endpoints) {
    const bool plain = url.compare(0, 7, "http://") == 0;
    const bool local = url.compare(0, 7, "unix://") == 0;
    if (plain && !o.auth.user.empty()) {
      out.warnings.push_back("the password is sent to " + url +
                             " unencrypted: write the endpoint with https://");
    }
    if ((plain || local) && (!o.tls.ca_file.empty() || !o.tls.cert_file.empty())) {
      out.warnings.push_back("the certificates are not used for " + url +
                             ": write the endpoint with " + (plain ? "https://" : "unixs://"));
    }
  }
}

error check_tls(const tls_options& o, checked_options& out) {
  if (o.cert_file.empty() != o.key_file.empty()) {
    return {errc::invalid_argument,
            "tls: cert_file and key_file need each other; only one is given", 0};
  }
  if (error e = check_server_name(o.server_name)) return e;
  if (o.warn_days < 0 || o.warn_days > 3650) {
    return {errc::invalid_argument,
            "tls.warn_days is " + std::to_string(o.warn_days) + ", but must be from 0 to 3650", 0};
  }
  out.transport.rules.server_name = o.server_name;
  out.transport.rules.at_least_1_3 = o.min_version == tls_version::tls_1_3;
  out.transport.rules.key_log = o.key_log;
  out.files.ca.path = o.ca_file;
  out.files.cert.path = o.cert_file;
  out.files.key.path = o.key_file;
  return read_tls_files(out.files, out.transport.tls);
}

error check_discovery(const session_options& o, checked_options& out) {
  const auto bad = [](const char* why) { return error{errc::invalid_argument, why, 0}; };
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (o.discovery_srv.empty()) {
    if (o.discovery_srv_name.empty() && !o.insecure_discovery) return {};
    return bad("discovery_srv_name and insecure_discovery need a domain: give discovery_srv");
  }
  if (!o.endpoints.empty())
    return bad("endpoints and discovery_srv are both given: give one of them");
  std::string domain = o.discovery_srv;
  if (domain.back() == '.') domain.pop_back();
  const bool letters =
      std::all_of(domain.begin(), domain.end(), [&](char c) { return c == '.' || fits(c); });
  if (!letters || domain.empty() || domain.front() == '.' || domain.back() == '.' ||
      domain.find("..") != std::string::npos || domain.size() > 200) {
    return bad("discovery_srv must be a domain's name, such as example.com, of at most 200 bytes");
  }
  if (o.discovery_srv_name.size() > 40 ||
      !std::all_of(o.discovery_srv_name.begin(), o.discovery_srv_name.end(), fits)) {
    return bad("discovery_srv_name must be letters, digits, '-' and '_', at most 40");
  }
  out.transport.discovery = {domain, o.discovery_srv_name, o.insecure_discovery};
  if (out.transport.rules.server_name.empty()) out.transport.rules.server_name = domain;
  out.files.tls = out.settings.names = true;
  if (o.insecure_discovery && !o.auth.user.empty()) {
    out.warnings.push_back(
        "with insecure_discovery the password may be sent unencrypted, to "
        "whoever can answer for the name servers: leave it out");
  }
  return {};
}

}  // namespace

error check_options(const session_options& o, checked_options& out) {
  if (o.discovery_srv.empty() && o.endpoints.empty()) {
    return {errc::invalid_argument,
            "endpoints: 0 given, but 1 to 64 client URLs are needed, or discovery_srv", 0};
  }
  if (o.endpoints.size() > core::max_endpoints) {
    return {errc::invalid_argument,
            "endpoints: " + std::to_string(o.endpoints.size()) +
                " given, but 1 to 64 client URLs are needed",
            0};
  }
  // A password may have a comma in it, and be in two endpoints then: none of them is shown.
  if (std::any_of(o.endpoints.begin(), o.endpoints.end(),
                  [](const std::string& text) { return text.find('@') != std::string::npos; })) {
    return {errc::invalid_argument,
            "an endpoint has a user or password in it: take it out and give them as options "
            "instead",
            0};
  }
  for (const std::string& text : o.endpoints) {
    net::endpoint_url url;
    if (error e = net::parse_endpoint(text, url)) return e;
    out.files.tls = out.files.tls || url.tls;
    out.transport.endpoints.push_back(url.url);
    out.settings.names = out.settings.names || net::is_named(url);
  }
  if (error e = names::check_app(o.app)) return e;
  if (error e = names::check_instance(o.instance)) return e;
  if (error e = check_auth(o.auth, out)) return e;
  if (error e = check_tls(o.tls, out)) return e;
  if (error e = check_discovery(o, out)) return e;
  look_for_surprises(o, out);
  core::asked_timings& a = out.settings.asked;
  a.ttl = to_nanos(o.ttl);
  a.reassure_interval = to_nanos(o.reassure_interval);
  a.reassure_timeout = to_nanos(o.reassure_timeout);
  a.last_seen_interval = to_nanos(o.last_seen_interval);
  a.stop_grace = to_nanos(o.stop_grace);
  a.margin = to_nanos(o.margin);
  a.jeopardy_after = to_nanos(o.jeopardy_after);
  a.request_timeout = to_nanos(o.request_timeout);
  a.retry_delay = to_nanos(o.retry_delay);
  std::string why;
  const core::timings t = core::resolve(a, a.ttl);
  switch (core::check(t, why)) {
    case core::timing_fault::none: break;
    case core::timing_fault::range: return {errc::invalid_argument, why, 0};
    case core::timing_fault::unsafe: return {errc::unsafe_timing, why, 0};
  }
  out.transport.connect_timeout =
      std::chrono::duration_cast<milliseconds>(std::chrono::nanoseconds(t.request_timeout));
  out.settings.endpoint_count = std::max<std::size_t>(o.endpoints.size(), 1);
  out.settings.authenticate = !o.auth.user.empty();
  out.settings.watch = !switches().no_watch;
  return {};
}

}  // namespace tenure::detail
