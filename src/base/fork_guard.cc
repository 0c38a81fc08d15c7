#include "base/fork_guard.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace tenure::fork_guard {

namespace {

std::atomic<std::atomic<std::uint32_t>*> page{nullptr};
std::uint32_t last_life = 0;  // a child has a copy, so its lives differ from its parent's
std::mutex making;            // only for begin(), which is not on any hot path

void wipe() { page.load(std::memory_order_relaxed)->store(0, std::memory_order_relaxed); }

std::atomic<std::uint32_t>* make_page() noexcept {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  // Zeroed pages are a valid atomic 0.
  auto* word = static_cast<std::atomic<std::uint32_t>*>(memory);
  page.store(word, std::memory_order_release);
  if (madvise(memory, size, MADV_WIPEONFORK) != 0) pthread_atfork(nullptr, nullptr, wipe);
  return word;
}

}  // namespace

std::uint32_t begin() noexcept {
  const std::lock_guard<std::mutex> lock(making);
  auto* word = page.load(std::memory_order_acquire);
  if (word == nullptr) word = make_page();
  if (word == nullptr) return 0;
  if (word->load(std::memory_order_relaxed) == 0)
    word->store(++last_life, std::memory_order_relaxed);
  return word->load(std::memory_order_relaxed);
}

bool still(std::uint32_t life) noexcept {
  const auto* word = page.load(std::memory_order_relaxed);
  return word != nullptr && word->load(std::memory_order_relaxed) == life;
}

}  // namespace tenure::fork_guard
