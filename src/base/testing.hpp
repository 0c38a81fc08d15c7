// Switches that only tests use; not part of the interface, not exported.
#pragma once

namespace tenure::detail {

struct test_switches {
  const char* broken = nullptr;        // sessions find this invariant broken
  const char* name_servers = nullptr;  // look-ups ask these ("host:port,…"), not the system's
  bool no_watch = false;  // sessions opened from now on have no watch: reassurance has to do
};
test_switches& switches() noexcept;

}  // namespace tenure::detail
