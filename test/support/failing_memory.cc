#include "test/support/failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);
thread_local std::size_t left = none;  // so many succeed before one fails
thread_local bool has_failed = false;

void* allocate(std::size_t size) noexcept {
  if (left != none && left-- == 0) {
    has_failed = true;
    return nullptr;
  }
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

void* operator new(std::size_t size) {
  void* const p = allocate(size);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }

namespace tenure::test {

failing_memory::failing_memory(std::size_t n) noexcept {
  has_failed = false;
  left = n;
}

failing_memory::~failing_memory() { left = none; }

bool failing_memory::failed() const noexcept { return has_failed; }

}  // namespace tenure::test
