// What a core file of a running process would hold: the memory that the kernel does not leave out.
#pragma once

#include <sys/types.h>

#include <string>

namespace tenure::test {

// How often `text` is in it.
[[nodiscard]] std::size_t count_in_core(pid_t process, const std::string& text);

}  // namespace tenure::test
