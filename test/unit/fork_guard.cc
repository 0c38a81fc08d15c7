// Each process has a life of its own, also one that was forked.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/wait.h>
#include <unistd.h>

#include "base/fork_guard.hpp"

Test(fork_guard, a_life_begun_in_a_forked_child_is_its_own) {
  const std::uint32_t mine = tenure::fork_guard::begin();
  cr_assert(eq(u32, tenure::fork_guard::begin(), +mine));
  const pid_t pid = fork();
  if (pid == 0) {
    if (tenure::fork_guard::still(mine)) _exit(1);
    const std::uint32_t own = tenure::fork_guard::begin();
    if (own == 0 || own == mine || !tenure::fork_guard::still(own) ||
        tenure::fork_guard::still(mine))
      _exit(2);
    const pid_t again = fork();
    if (again == 0)
      _exit(tenure::fork_guard::still(own) || tenure::fork_guard::still(mine) ? 3 : 0);
    int status = 0;
    waitpid(again, &status, 0);
    _exit(status == 0 ? 0 : 4);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  cr_assert(eq(int, status, 0));
  cr_assert(tenure::fork_guard::still(mine));
}
