// Faults that a test suite must report. Each test here has to fail; see test/gates/can_fail.sh.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <climits>
#include <cstdlib>
#include <cstring>

namespace {
void* volatile kept = nullptr;
volatile int one = 1;
volatile std::size_t beyond = 8;
}  // namespace

Test(planted, leak) {
  kept = std::malloc(77);
  kept = nullptr;
}

Test(planted, heap_overflow) {
  char* const bytes = static_cast<char*>(std::malloc(8));
  bytes[beyond] = 1;
  std::free(bytes);
}

Test(planted, signed_overflow) {
  volatile int sum = INT_MAX;
  sum = sum + one;
}

Test(planted, overlap) {
  char bytes[16] = "0123456789";
  kept = std::memcpy(bytes + one, bytes, beyond);
  kept = nullptr;
}

Test(planted, assertion) { cr_assert(eq(int, INT_MAX, 2)); }

Test(planted, crash) { std::abort(); }
