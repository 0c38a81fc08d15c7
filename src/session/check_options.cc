#include "session/check_options.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "base/testing.hpp"
#include "net/pem.hpp"
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

}  // namespace

error check_options(const session_options& o, checked_options& out) {
  if (o.endpoints.empty() || o.endpoints.size() > core::max_endpoints) {
    return {errc::invalid_argument,
            "endpoints: " + std::to_string(o.endpoints.size()) +
                " given, but 1 to 64 client URLs are needed",
            0};
  }
  for (const std::string& text : o.endpoints) {
    net::endpoint_url url;
    if (error e = net::parse_endpoint(text, url)) return e;
    out.transport.endpoints.push_back(url.url);
  }
  if (error e = names::check_app(o.app)) return e;
  if (error e = names::check_instance(o.instance)) return e;
  if (o.auth.user.empty() && !o.auth.password.empty()) {
    return {errc::invalid_argument, "auth: a password without a user", 0};
  }
  if (o.tls.cert_file.empty() != o.tls.key_file.empty()) {
    return {errc::invalid_argument,
            "tls: cert_file and key_file need each other; only one is given", 0};
  }
  if (error e = net::read_pem("tls.ca_file", o.tls.ca_file, out.transport.tls.ca)) return e;
  if (error e = net::read_pem("tls.cert_file", o.tls.cert_file, out.transport.tls.cert)) return e;
  if (error e = net::read_pem("tls.key_file", o.tls.key_file, out.transport.tls.key)) return e;
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
  out.settings.endpoint_count = o.endpoints.size();
  out.settings.authenticate = !o.auth.user.empty();
  out.settings.watch = !switches().no_watch;
  return {};
}

}  // namespace tenure::detail
