// Any split of a stream gives the same documents and the same verdict, and what it gives together
// with the space between is what went in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "etcd/framing.hpp"

namespace {

constexpr std::size_t limit = 64;  // small, so that the fuzzer meets it

struct outcome {
  std::vector<std::string> documents;
  bool bad = false;
  bool inside = false;
};

void require(bool holds) {
  if (!holds) std::abort();
}

// Feeds `text` in chunks of 1 to `longest` bytes, their lengths drawn from `seed`.
outcome cut(std::string_view text, std::size_t longest, std::uint32_t seed) {
  outcome out;
  tenure::etcd::framing stream(limit);
  while (!text.empty() && !out.bad) {
    seed = seed * 1664525 + 1013904223;
    const std::size_t length = 1 + (seed >> 8) % longest;
    const bool fed = stream.feed(text.substr(0, length), [&](std::string_view document) {
      out.documents.emplace_back(document);
      return true;
    });
    out.bad = stream.bad();
    require(fed != out.bad);
    text.remove_prefix(length < text.size() ? length : text.size());
  }
  out.inside = stream.inside();
  return out;
}

void require_same(const outcome& a, const outcome& b) {
  require(a.documents == b.documents && a.bad == b.bad);
  require(a.bad || a.inside == b.inside);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const outcome bytewise = cut(text, 1, 0);
  tenure::etcd::framing at_once(limit);
  outcome once;
  (void)at_once.feed(text, [&](std::string_view document) {
    once.documents.emplace_back(document);
    return true;
  });
  once.bad = at_once.bad();
  once.inside = at_once.inside();
  require_same(bytewise, once);
  for (std::uint32_t seed = 1; seed < 8; ++seed)
    require_same(bytewise, cut(text, 1 + seed * 7, seed));

  std::size_t at = 0;
  for (const std::string& document : once.documents) {
    require(document.size() <= limit && document.front() == '{');
    at = text.find_first_not_of(" \t\r\n", at);
    require(text.substr(at, document.size()) == document);
    at += document.size();
  }
  return 0;
}
