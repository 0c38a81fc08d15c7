// How a fuzz target says that something does not hold: the fuzzer takes the abort for a find.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void require_that(bool holds, const char* what, int line) {
  if (holds) return;
  std::fprintf(stderr, "line %d: this does not hold: %s\n", line, what);
  std::abort();
}

#define require(what) require_that((what), #what, __LINE__)
