// Tells whether this is still the process in which something began.
//
// The life has a number, in a page that the kernel wipes in a forked child (MADV_WIPEONFORK, Linux
// 4.14). One load tells, whoever forked and however. Where the kernel has no such pages, a
// pthread_atfork handler wipes it.
#pragma once

#include <cstdint>

namespace tenure::fork_guard {

// The number of this process's life; a child gets another with its first call.
// 0 if no memory could be had for the page.
std::uint32_t begin() noexcept;

// True in the process that got `life` from `begin`, false in its children.
bool still(std::uint32_t life) noexcept;

}  // namespace tenure::fork_guard
