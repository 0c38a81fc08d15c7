// For LD_PRELOAD: the FAIL_AT-th call of malloc, calloc or realloc fails, and FAIL_COUNT - 1 more
// after it. FAIL_REPORT: a file that gets the number of calls as the process ends.
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);

static atomic_long calls;
static long first = -1, count = 1;

__attribute__((constructor)) static void begin(void) {
  const char* const at = getenv("FAIL_AT");
  const char* const many = getenv("FAIL_COUNT");
  if (many != NULL) count = atol(many);
  calls = 0;
  if (at != NULL) first = atol(at);
}

__attribute__((destructor)) static void end(void) {
  const char* const report = getenv("FAIL_REPORT");
  const long all = calls;
  first = -1;
  FILE* const to = report != NULL ? fopen(report, "w") : NULL;
  if (to == NULL) return;
  fprintf(to, "%ld\n", all);
  fclose(to);
}

static int fails(void) {
  const long now = ++calls;
  if (first <= 0 || now < first || now >= first + count) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void* calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void* realloc(void* old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }
