#pragma once

namespace tenure::chaos {

// The stuck disk; see stuck_disk.cc. With `beside` two `etcdctl elect` show what would have
// happened, which takes 80 s. Returns the exit code.
[[nodiscard]] int stuck_disk(bool beside);

}  // namespace tenure::chaos
