// For the valgrind gate: a command that acquires, stops when told, and leaks.
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {
void* volatile lost = nullptr;
}

int main() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  lost = std::malloc(77);
  lost = nullptr;
  std::puts("{\"event\":\"acquired\"}");
  std::fflush(stdout);
  int number = 0;
  return sigwait(&stop, &number);
}
