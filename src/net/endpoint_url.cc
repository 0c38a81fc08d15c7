// Checks client URLs with curl's own parser, so that what is checked is what will be dialled.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <netinet/in.h>
#include <uv.h>

#include "net/transport.hpp"

namespace tenure::net {

namespace {

constexpr std::size_t longest_url = 1000;
constexpr std::uint16_t default_port = 2379;

struct free_url {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using url_handle = std::unique_ptr<CURLU, free_url>;

// The text for a message. It has no password (nothing before an '@'), no query and nothing
// unprintable, and it is not too long.
std::string shown(const std::string& text) {
  std::string out = text;
  const std::size_t at = out.rfind('@');  // a password may have any of the other marks in it
  if (at != std::string::npos) {
    const std::size_t scheme = out.find("://");
    const std::size_t from = scheme == std::string::npos || scheme > at ? 0 : scheme + 3;
    out.replace(from, at - from, "***");
  }
  out.resize(std::min(out.size(), out.find_first_of("?#")));
  if (out.size() > 120) out.replace(117, std::string::npos, "...");
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c >= 0x7f; }, '.');
  return out;
}

error bad(const std::string& text, const std::string& why_and_remedy) {
  return {errc::invalid_argument, "endpoint '" + shown(text) + "': " + why_and_remedy, 0};
}

// The part's text; empty if the URL has none.
std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

bool has(CURLU* url, CURLUPart which) { return !part(url, which).empty(); }

// Refuses what curl's parser would take or guess, but nobody means.
error check_form(const std::string& text) {
  if (text.empty()) {
    return {errc::invalid_argument, "an endpoint is empty: write it as http://host:2379", 0};
  }
  if (text.size() > longest_url) return bad(text, "is longer than 1000 bytes");
  const auto strange = [](char c) { return c <= 0x20 || c >= 0x7f; };  // char may be signed or not
  if (std::any_of(text.begin(), text.end(), strange)) {
    return bad(
        text,
        "has a blank or another character that no URL has: remove it (names beyond ASCII are "
        "written in their xn-- form)");
  }
  if (text.find(',') != std::string::npos) {
    return bad(text, "has a comma: give each endpoint as one of its own");
  }
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos || scheme == 0) {
    return bad(text, "has no scheme: write http:// or https:// in front of the host");
  }
  if (text.find('@') != std::string::npos) {
    return bad(text, "has a user or password in it: take it out and give them as options instead");
  }
  const std::size_t host = scheme + 3;
  const std::size_t end = text.find_first_of("/?#", host);
  if (end == host || host == text.size())
    return bad(text, "has no host: write it as http://host:2379");
  // curl would decode it, and what comes out could be any byte. A zone behind an IPv6 address may
  // have one.
  if (text[host] != '[' && text.find('%', host) < end)
    return bad(text, "the host has a percent sign: write the name as it is");
  if (text[(end == std::string::npos ? text.size() : end) - 1] == ':') {
    return bad(text, "has a colon but no port: write the port, or leave out the colon for 2379");
  }
  return {};
}

error refusal(const std::string& text, CURLUcode code) {
  switch (code) {
    case CURLUE_UNSUPPORTED_SCHEME:
    case CURLUE_BAD_SCHEME: return bad(text, "the scheme must be http or https");
    case CURLUE_BAD_PORT_NUMBER: return bad(text, "the port must be a number from 1 to 65535");
    case CURLUE_OUT_OF_MEMORY: return {errc::no_memory, "no memory to check an endpoint", 0};
    default:
      return bad(text, std::string("is not a URL (") + curl_url_strerror(code) +
                           "): write it as http://host:2379");
  }
}

}  // namespace

error parse_endpoint(const std::string& text, endpoint_url& out) {
  if (error failed = check_form(text)) return failed;
  const url_handle handle(curl_url());
  CURLU* url = handle.get();
  if (url == nullptr) return refusal(text, CURLUE_OUT_OF_MEMORY);
  const CURLUcode code = curl_url_set(url, CURLUPART_URL, text.c_str(), 0);
  if (code != CURLUE_OK) return refusal(text, code);

  const std::string scheme = part(url, CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return refusal(text, CURLUE_UNSUPPORTED_SCHEME);
  if (has(url, CURLUPART_QUERY) || has(url, CURLUPART_FRAGMENT) ||
      text.find_first_of("?#") != std::string::npos) {
    return bad(text, "has a query or fragment: end it after the port");
  }
  if (part(url, CURLUPART_PATH) != "/") {
    return bad(text, "has a path: etcd's gateway is always at the root, end it after the port");
  }

  const std::string port = part(url, CURLUPART_PORT);
  const long number = port.empty() ? default_port : std::strtol(port.c_str(), nullptr, 10);
  if (number < 1 || number > 65535) return refusal(text, CURLUE_BAD_PORT_NUMBER);
  if (curl_url_set(url, CURLUPART_PORT, std::to_string(number).c_str(), 0) != CURLUE_OK) {
    return refusal(text, CURLUE_OUT_OF_MEMORY);
  }

  std::string host = part(url, CURLUPART_HOST);
  if (host.empty()) return refusal(text, CURLUE_NO_HOST);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  // A percent-encoded host is decoded by curl; what comes out must still be one.
  if (host.find_first_of("%'\"\\ ") != std::string::npos) {
    return bad(text, "the host has a character that no name has");
  }
  std::string whole = part(url, CURLUPART_URL);
  if (whole.empty()) return refusal(text, CURLUE_OUT_OF_MEMORY);
  if (whole.back() == '/') whole.pop_back();

  out.tls = scheme == "https";
  out.host = std::move(host);
  out.port = static_cast<std::uint16_t>(number);
  out.url = std::move(whole);
  return {};
}

bool is_literal(const std::string& host) {
  sockaddr_in v4;
  sockaddr_in6 v6;
  return uv_ip4_addr(host.c_str(), 0, &v4) == 0 || uv_ip6_addr(host.c_str(), 0, &v6) == 0;
}

}  // namespace tenure::net
