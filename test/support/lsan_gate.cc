// Makes a leak fail the test that leaked.
//
// Criterion 2.4.1 runs each test in a child process and takes its verdict before the process
// exits, which is when LeakSanitizer looks: it complains, and the test passes. A crash in a
// test's teardown is a warning only. What counts is what happens in the test's body, so this
// lengthens the body of every test, without anybody having to remember it: Criterion's macros
// call `criterion_internal_test_main`, and the one in the program comes before the library's.
#if defined(__SANITIZE_ADDRESS__)

#include <dlfcn.h>

#include <cstddef>
#include <cstring>

#include <criterion/criterion.h>
#include <sanitizer/lsan_interface.h>

namespace {

using plain_body = void (*)(void);
using parameterized_body = void (*)(void* parameter);

plain_body body = nullptr;

void look_for_leaks() {
  if (__lsan_do_recoverable_leak_check() != 0)
    cr_assert_fail("the test leaks, see LeakSanitizer's report");
}

void run_plain() {
  body();
  look_for_leaks();
}

void run_parameterized(void* parameter) {
  reinterpret_cast<parameterized_body>(body)(parameter);
  look_for_leaks();
}

// Criterion hands the test's data to the child process at an odd address. UBSan rightly complains
// of that.
bool parameterized() {
  const char* const data = reinterpret_cast<const char*>(criterion_current_test->data);
  criterion_test_kind kind{};
  std::memcpy(&kind, data + offsetof(criterion_test_extra_data, kind_), sizeof kind);
  return kind == CR_TEST_PARAMETERIZED;
}

}  // namespace

void criterion_internal_test_main(plain_body fn) {
  const auto next =
      reinterpret_cast<void (*)(plain_body)>(dlsym(RTLD_NEXT, "criterion_internal_test_main"));
  body = fn;
  next(parameterized() ? reinterpret_cast<plain_body>(run_parameterized) : run_plain);
}

// What Criterion's own process leaves behind at its exit is not ours; the tests look for
// themselves. The sanitizer's library finds it only if it is visible.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "leak_check_at_exit=0";
}

#endif
