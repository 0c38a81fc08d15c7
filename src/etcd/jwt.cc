#include "etcd/jwt.hpp"

#include <algorithm>
#include <string>

#include "etcd/base64.hpp"
#include "etcd/field.hpp"

namespace tenure::etcd {

// HEADER.CLAIMS.SIGNATURE, each in base64 of the alphabet for URLs, without padding.
std::int64_t token_end(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return 0;
  std::string claims(token.substr(first + 1, second - first - 1));
  std::replace(claims.begin(), claims.end(), '-', '+');
  std::replace(claims.begin(), claims.end(), '_', '/');
  claims.append((4 - claims.size() % 4) % 4, '=');
  std::string text;
  std::string why;
  document doc;
  if (!decode_base64(claims, text) || !doc.parse(text, why)) return 0;
  const field root(doc, why);
  std::int64_t end = 0;
  return root.object() && root.member("exp").read(end) && end > 0 ? end : 0;
}

}  // namespace tenure::etcd
