#include "net/pem.hpp"

namespace tenure::net {

namespace {

constexpr std::size_t longest_file = 4u << 20;

}  // namespace

error read_pem(const char* field, const std::string& path, std::string& out, file_stamp& stamp) {
  if (path.empty()) return {};
  std::string wrong = read_small_file(path, longest_file, out, stamp);
  if (wrong.empty() && out.find("-----BEGIN ") == std::string::npos) wrong = "is not a PEM file";
  if (wrong.empty()) return {};
  return {errc::invalid_argument, std::string(field) + " " + path + " " + wrong, 0};
}

}  // namespace tenure::net
