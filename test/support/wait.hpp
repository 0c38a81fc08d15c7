// Waiting for conditions, never for time. Every wait has a guard that ends the test, with the place
// it was called from, instead of letting it hang.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <uv.h>

namespace tenure::test {

using condition = std::function<bool()>;

// By how much guards are stretched: 10 under sanitizers and valgrind, else 1.
[[nodiscard]] int slowness();

// Turns the loop until the condition holds, asked after each turn and at least every 10 ms (it
// may depend on another process). At the end the loop turns once more without waiting, so that
// nothing of ours is left in it.
void run_until(uv_loop_t* loop, const condition& holds, int guard_seconds = 30,
               const char* file = __builtin_FILE(), int line = __builtin_LINE());

// Turns the loop for that long: only to show that something does not happen.
void run_for(uv_loop_t* loop, int milliseconds);

// The same as run_until, where there is no loop.
void await(const condition& holds, int guard_seconds = 30, const char* file = __builtin_FILE(),
           int line = __builtin_LINE());

// A TCP port of 127.0.0.1 that nobody listens on, never given twice by this process. It is below
// the range from which the kernel takes ports for outgoing connections, so that a server can come
// back to it after a restart.
[[nodiscard]] std::uint16_t free_port();

// Ends the test. Not an assertion of Criterion, because simulation and benchmarks wait as well.
[[noreturn]] void give_up(const std::string& why, const char* file = __builtin_FILE(),
                          int line = __builtin_LINE());

}  // namespace tenure::test
