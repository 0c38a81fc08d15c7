// Gives every test that sets no timeout of its own one that ends a hang. (Criterion 2.4.1's
// --timeout does not reach such tests; it only lowers the timeouts that there are.)
// TENURE_TEST_TIMEOUT is in seconds.
#include <criterion/criterion.h>

#include <cstdlib>

#include "test/support/wait.hpp"

// The linker's names for the section in which Criterion's macros register tests.
extern "C" {
extern criterion_test* __start_cr_tst[] __attribute__((weak, visibility("hidden")));
extern criterion_test* __stop_cr_tst[] __attribute__((weak, visibility("hidden")));
}

namespace {

__attribute__((constructor)) void guard_every_test() {
  const char* const wanted = std::getenv("TENURE_TEST_TIMEOUT");
  const double usual = wanted != nullptr ? std::atof(wanted) : 120;
  for (criterion_test** test = __start_cr_tst; test != __stop_cr_tst; ++test) {
    if (*test == nullptr) continue;  // the section may be padded
    double& limit = (*test)->data->timeout;
    if (limit == 0) limit = usual;
    limit *= tenure::test::slowness();
  }
}

}  // namespace
