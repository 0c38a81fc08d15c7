#include "net/pem.hpp"

#include <cstdio>

namespace tenure::net {

namespace {

constexpr std::size_t longest_file = 1u << 20;

}  // namespace

error read_pem(const char* field, const std::string& path, std::string& out) {
  if (path.empty()) return {};
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) {
    return {errc::invalid_argument,
            std::string(field) + " " + path + " cannot be opened: check path and permissions", 0};
  }
  char buffer[4096];
  std::size_t n = 0;
  while (out.size() < longest_file && (n = std::fread(buffer, 1, sizeof buffer, file)) > 0)
    out.append(buffer, n);
  const bool failed = std::ferror(file) != 0;
  std::fclose(file);
  if (failed || out.find("-----BEGIN ") == std::string::npos) {
    return {errc::invalid_argument, std::string(field) + " " + path + " is not a PEM file", 0};
  }
  return {};
}

}  // namespace tenure::net
