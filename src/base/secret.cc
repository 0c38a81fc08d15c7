#include "base/secret.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace tenure {

void wipe(void* bytes, std::size_t size) noexcept {
  if (size != 0) explicit_bzero(bytes, size);
}

void wipe(std::string& text) noexcept {
  text.resize(text.capacity());  // within its capacity: nothing is allocated
  wipe(text.data(), text.size());
  std::string().swap(text);
}

secret::secret(secret&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

secret& secret::operator=(secret&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

bool secret::set(std::string_view text) noexcept {
  if (text.size() > mapped_) {
    clear();
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t wanted = (text.size() + page - 1) / page * page;
    void* const got =
        mmap(nullptr, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) return false;
    (void)madvise(got, wanted, MADV_DONTDUMP);
    bytes_ = static_cast<char*>(got);
    mapped_ = wanted;
  }
  wipe(bytes_, size_);
  if (!text.empty()) std::memcpy(bytes_, text.data(), text.size());
  size_ = text.size();
  return true;
}

void secret::clear() noexcept {
  if (bytes_ == nullptr) return;
  wipe(bytes_, mapped_);
  munmap(bytes_, mapped_);
  bytes_ = nullptr;
  size_ = mapped_ = 0;
}

}  // namespace tenure
