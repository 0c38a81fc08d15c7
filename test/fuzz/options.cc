// What a user writes into session_options and names: what is accepted is its own normal form, and
// what is refused is named in words that can be shown, without its password.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "net/transport.hpp"
#include "session/check_options.hpp"
#include "tenure/job_runner.hpp"
#include "test/fuzz/require.hpp"
#include "test/fuzz/text.hpp"
#include "wire/names.hpp"

namespace {

using namespace tenure;

const std::string marker = "Zq7secret";

// Every refusal has a text for people.
void check_refusal(const error& e, std::string_view begins) {
  require(e.code != errc::ok);
  require(e.message.compare(0, begins.size(), begins) == 0);
  require(e.message.size() > begins.size() + 8 && e.message.size() < 600);
  require(fuzz::can_be_shown(e.message));
  require(e.message.find(marker) == std::string::npos);
}

void check_host(const net::endpoint_url& url) {
  const bool bare_v6 = url.host.find(':') != std::string::npos;
  require(!url.host.empty() && url.port != 0);
  const std::string scheme = url.tls ? "https://" : "http://";
  require(url.url.compare(0, scheme.size(), scheme) == 0);
  require(url.url.find('/', scheme.size()) == std::string::npos);
  const std::string port = ":" + std::to_string(url.port);
  require(url.url.size() > port.size() &&
          url.url.compare(url.url.size() - port.size(), port.size(), port) == 0);
  if (!bare_v6) require(url.url == scheme + url.host + port);
}

void check_socket(const net::endpoint_url& url) {
  const std::string scheme = url.tls ? "unixs:///" : "unix:///";
  require(url.url.compare(0, scheme.size(), scheme) == 0);
  require(url.host == "localhost" && url.port == 0 && url.socket.size() < 108);
  require(url.socket[0] == '/' && url.socket.find('\0') == std::string::npos);
}

void try_endpoint(const std::string& text) {
  net::endpoint_url url;
  if (const error e = net::parse_endpoint(text, url)) {
    check_refusal(e, text.empty() ? "an endpoint is empty" : "endpoint '");
    require(url.url.empty());
    return;
  }
  require(fuzz::is_ascii_word(url.url));
  require(url.url.find_first_of("@?#,\\'\"", 0) == std::string::npos);
  if (url.socket.empty()) {
    check_host(url);
  } else {
    check_socket(url);
  }
  net::endpoint_url again;
  require(!net::parse_endpoint(url.url, again));
  require(again.url == url.url && again.host == url.host && again.port == url.port &&
          again.tls == url.tls && again.socket == url.socket);
}

// Nothing of a password reaches the message, whatever stands around it.
void try_endpoint_with_password(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return;
  const std::size_t scheme = text.find("://");
  for (const std::size_t where :
       {at, scheme == std::string::npos || scheme > at ? 0 : scheme + 3}) {
    std::string with = text;
    with.insert(where, marker);
    net::endpoint_url url;
    const error e = net::parse_endpoint(with, url);
    check_refusal(e, "endpoint '");
    session_options o;
    o.endpoints = {with, text};
    o.app = o.instance = "x";
    detail::checked_options checked;
    check_refusal(detail::check_options(o, checked), "an endpoint has a user or password");
  }
}

void try_names(const std::string& text) {
  const error app = names::check_app(text);
  const error shard = names::check_shard(text);
  const error instance = names::check_instance(text);
  if (app) check_refusal(app, "app ");
  if (shard) check_refusal(shard, "shard ");
  if (instance) check_refusal(instance, "instance ");
  const bool is_text = !text.empty() && text.size() <= 255 && fuzz::can_be_shown(text);
  require(is_text == !instance);
  if (!is_text) require(app && (shard || text.empty()));
  // No election lies inside another, and a key leads back to its election.
  if (!app) {
    const std::string whole = names::election(text, "");
    require(("/" + text + "/").find("/leader/") == std::string::npos);
    require(whole == text + "/leader");
    const std::string key = names::key(whole, 0x7f);
    const names::parts p = names::split(key);
    require(p.prefix == whole && p.lease == 0x7f);
  }
  if (!shard && !text.empty()) {
    const std::string whole = names::election("app", text);
    require(whole == "app/" + text + "/leader" && whole.compare(0, 11, "app/leader/") != 0);
  }
  const names::parts p = names::split(text);
  if (p.lease != 0) require(names::key(p.prefix, p.lease) == text);
  if (const std::int64_t lease = names::lease(text)) require(names::key("", lease) == "/" + text);
}

// A password in a file: all of it but the end of its line.
void try_password_file(const std::string& text) {
  static const int fd = memfd_create("password", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  require(fd >= 0 && ftruncate(fd, 0) == 0);
  require(pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  detail::kept_file file;
  file.path = path;
  std::string password;
  if (const error e = detail::read_password(file, password)) {
    check_refusal(e, "auth.password_file /proc/self/fd/");
    require(password.empty());
    return;
  }
  require(!password.empty() && text.compare(0, password.size(), password) == 0);
  const std::string_view rest = std::string_view(text).substr(password.size());
  require(rest.empty() || rest == "\n" || rest == "\r\n" || rest == "\r");
}

// A whole set: whatever it says, it is refused with numbers, or it is safe.
void try_set(fuzz::bytes from) {
  session_options o;
  const auto time = [&] { return milliseconds(from.number()); };
  const auto perhaps = [&](std::optional<milliseconds>& out) {
    if (from.byte() % 2 != 0) out = time();
  };
  for (std::size_t i = from.byte() % 4; i > 0; --i) o.endpoints.push_back(from.line());
  o.app = from.line();
  o.instance = from.line();
  o.tls.server_name = from.line();
  o.tls.warn_days = static_cast<int>(from.number());
  o.auth.user = from.line();
  if (from.byte() % 2 != 0) o.auth.password = marker;
  if (from.byte() % 4 == 1) o.auth.password_file = from.line();
  if (from.byte() % 2 != 0) o.ttl = time();
  if (from.byte() % 2 != 0) o.last_seen_interval = time();
  if (from.byte() % 2 != 0) o.retry_delay = time();
  for (auto* each : {&o.reassure_interval, &o.reassure_timeout, &o.stop_grace, &o.margin,
                     &o.jeopardy_after, &o.request_timeout})
    perhaps(*each);
  if (o.auth.password_file.compare(0, 5, "/proc") != 0) o.auth.password_file.clear();
  detail::checked_options checked;
  if (const error e = detail::check_options(o, checked)) return check_refusal(e, "");
  require(checked.transport.endpoints.size() == o.endpoints.size());
  const core::asked_timings& a = checked.settings.asked;
  const core::timings t = core::resolve(a, a.ttl);
  require(t.ttl >= 2 * core::second && t.ttl <= 300 * core::second);
  require(t.reassure_interval + t.reassure_timeout + t.stop_grace + t.margin <= t.ttl);
  require(t.renew_interval > 0 && t.renew_interval < t.ttl && t.hedge_after > 0);
  for (const std::string& each : checked.warnings)
    require(fuzz::can_be_shown(each) && each.find(marker) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (text.find(marker) != std::string::npos) return 0;  // the fuzzer reads what is compared
  try_endpoint(text);
  try_endpoint_with_password(text);
  try_names(text);
  try_password_file(text);
  try_set({data, size});
  return 0;
}
