// Passwords and tokens: they are in no core file, and overwritten when they are not needed any
// more.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenure {

void wipe(void* bytes, std::size_t size) noexcept;
// Also gives its memory back.
void wipe(std::string& text) noexcept;

// Text on pages of its own, which the kernel and debuggers leave out of a core file.
class secret {
 public:
  secret() = default;
  secret(secret&& other) noexcept;
  secret& operator=(secret&& other) noexcept;
  ~secret() { clear(); }

  // False without memory; then it is empty.
  [[nodiscard]] bool set(std::string_view text) noexcept;
  void clear() noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_, size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace tenure
