// For clang-tidy: a use after a move.
#include <string>
#include <utility>

std::string planted(std::string text) {
  std::string taken = std::move(text);
  return taken + text;
}
