// Checks client URLs with curl's own parser, so that what is checked is what will be dialled.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include <curl/curl.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/un.h>
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

bool begins_with(const std::string& text, std::string_view scheme) {
  return strncasecmp(text.c_str(), scheme.data(), scheme.size()) == 0;
}

bool is_unix(const std::string& text) {
  return begins_with(text, "unix://") || begins_with(text, "unixs://");
}

// A password may have lost its "@host", at a comma for example. So of what stands behind the host
// only a port is shown.
void hide_behind_host(std::string& text) {
  const std::size_t scheme = text.find("://");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t bracket = host < text.size() && text[host] == '[' ? text.find(']', host) : host;
  if (bracket == std::string::npos) {
    text.replace(host, std::string::npos, "***");
    return;
  }
  std::size_t end = std::min(text.size(), text.find_first_of(":/", bracket));
  if (end < text.size() && text[end] == ':') {
    const std::size_t port = end + 1;
    end = std::min(text.size(), text.find_first_not_of("0123456789", port));
    if (end < text.size() && text[end] != '/') end = port;
  }
  if (text.size() > end + 1 || (end < text.size() && text[end] != '/'))
    text.replace(end, std::string::npos, text[end] == '/' ? "/***" : "***");
}

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
  if (!is_unix(out)) hide_behind_host(out);
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
  return {};
}

// The same of http and https.
error check_host(const std::string& text) {
  const std::size_t scheme = text.find("://");
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
    case CURLUE_BAD_SCHEME: return bad(text, "the scheme must be http or https, unix or unixs");
    case CURLUE_BAD_PORT_NUMBER: return bad(text, "the port must be a number from 1 to 65535");
    case CURLUE_OUT_OF_MEMORY: return {errc::no_memory, "no memory to check an endpoint", 0};
    default:
      return bad(text, std::string("is not a URL (") + curl_url_strerror(code) +
                           "): write it as http://host:2379");
  }
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// False if a percent sign has no two digits behind it.
bool decode_path(const std::string& text, std::size_t from, std::string& out) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

std::string encode_path(const std::string& path) {
  constexpr const char* digits = "0123456789ABCDEF";
  constexpr const char* plain = "/-._~:+=";
  std::string out;
  for (const char c : path) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::strchr(plain, c) != nullptr) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

// `path`: where it begins, behind the scheme.
error parse_unix(const std::string& text, std::size_t path, bool tls, endpoint_url& out) {
  if (text.find_first_of("?#") != std::string::npos)
    return bad(text, "has a query or fragment: end it after the path, or write %3F or %23");
  if (path == text.size() || text[path] != '/') {
    return bad(text,
               "has no absolute path: write it as unix:///path/to/socket. Where etcd was told "
               "unix://HOST:PORT, the socket is the file HOST:PORT in the directory that it was "
               "started in");
  }
  std::string socket;
  if (!decode_path(text, path, socket))
    return bad(text, "has a percent sign without two hexadecimal digits: write %25");
  if (socket.find('\0') != std::string::npos) return bad(text, "has a zero byte in its path");
  if (socket.back() == '/') return bad(text, "is a directory: name the socket in it");
  if (socket.size() >= sizeof sockaddr_un::sun_path) {
    return bad(text, "has a path of " + std::to_string(socket.size()) +
                         " bytes, but a socket's has 107 at most: use a shorter one, or a link");
  }
  out.tls = tls;
  out.host = "localhost";
  out.port = 0;
  out.url = (tls ? "unixs://" : "unix://") + encode_path(socket);
  out.socket = std::move(socket);
  return {};
}

}  // namespace

error parse_endpoint(const std::string& text, endpoint_url& out) {
  if (error failed = check_form(text)) return failed;
  if (begins_with(text, "unix://")) return parse_unix(text, 7, false, out);
  if (begins_with(text, "unixs://")) return parse_unix(text, 8, true, out);
  if (error failed = check_host(text)) return failed;
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
  out.socket.clear();
  return {};
}

std::string_view request_base(const endpoint_url& of) {
  if (of.socket.empty()) return of.url;
  return of.tls ? "https://localhost" : "http://localhost";
}

bool is_named(const endpoint_url& it) {
  sockaddr_in v4;
  sockaddr_in6 v6;
  return it.socket.empty() && uv_ip4_addr(it.host.c_str(), 0, &v4) != 0 &&
         uv_ip6_addr(it.host.c_str(), 0, &v6) != 0;
}

}  // namespace tenure::net
