#include "test/bench/processor.hpp"

#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "test/bench/raw.hpp"

namespace bench {
namespace {

cpu_set_t all() {
  static const cpu_set_t ours = [] {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) fail("sched_getaffinity");
    return set;
  }();
  return ours;
}

// The last one that we may use.
cpu_set_t own() {
  const cpu_set_t any = all();
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &any)) --last;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  return one;
}

cpu_set_t others() {
  cpu_set_t any = all();
  const cpu_set_t one = own();
  if (CPU_COUNT(&any) > 1) CPU_XOR(&any, &any, &one);
  return any;
}

void put(pid_t process, const cpu_set_t& on) {
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  DIR* listing = opendir(tasks.c_str());
  if (listing == nullptr) fail("no " + tasks);
  while (const dirent* each = readdir(listing)) {
    if (const int task = std::atoi(each->d_name); task > 0)
      sched_setaffinity(task, sizeof on, &on);  // it may have ended
  }
  closedir(listing);
}

}  // namespace

own_processor::own_processor(pid_t server) : server_(server) {
  put(getpid(), others());
  put(server_, others());
}

own_processor::~own_processor() {
  put(server_, all());
  put(getpid(), all());
}

void own_processor::take(pid_t process) const { put(process, own()); }

}  // namespace bench
