// Faults that a test suite must report, and two tests without; see test/gates/can_fail.sh.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <cstring>

namespace {
void* volatile kept = nullptr;
volatile int one = 1;
volatile std::size_t beyond = 8;
}  // namespace

Test(planted, nothing) { kept = nullptr; }

ParameterizedTestParameters(planted, parameters) {
  static int numbers[] = {1, 2};
  return cr_make_param_array(int, numbers, 2);
}
ParameterizedTest(int* number, planted, parameters) { cr_assert(ge(int, *number, 1)); }

Test(planted, leak) {
  kept = std::malloc(77);
  kept = nullptr;
}

ParameterizedTestParameters(planted, leak_with_parameters) {
  static int numbers[] = {77};
  return cr_make_param_array(int, numbers, 1);
}
ParameterizedTest(int* number, planted, leak_with_parameters) {
  kept = std::malloc(static_cast<std::size_t>(*number));
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

// Sets no timeout: support/wait_guard.cc does.
Test(planted, hang) { pause(); }
