// What can go wrong, as a value. An error has a stable code, a message that says what to do, and
// etcd's own error where there was one. tenure throws nothing.
#ifndef TENURE_ERROR_HPP
#define TENURE_ERROR_HPP

#include <string>

#include <tenure/export.hpp>

namespace tenure {

// name, number, meaning. Numbers are stable; texts are for people.
#define TENURE_ERRC_MAP(X)                                                   \
  X(ok, 0, "no error")                                                       \
  X(invalid_argument, 1, "an option or argument is out of its range")        \
  X(unsafe_timing, 2, "these times together could let two leaders be")       \
  X(wrong_state, 3, "the call does not fit the present state of the handle") \
  X(closed, 4, "the handle was closed")                                      \
  X(no_memory, 5, "memory ran out")                                          \
  X(system, 6, "a call of the operating system, libuv or libcurl failed")    \
  X(timed_out, 7, "the time limit passed")                                   \
  X(unreachable, 8, "no endpoint could be reached")                          \
  X(bad_answer, 9, "the answer is not one that etcd's gateway gives")        \
  X(refused, 10, "etcd refused the request")                                 \
  X(unavailable, 11, "the etcd member cannot serve now")                     \
  X(wrong_cluster, 12, "the endpoint belongs to another cluster")            \
  X(authentication_failed, 13, "etcd did not accept the credentials")        \
  X(permission_denied, 14, "the etcd user may not do this")                  \
  X(no_space, 15, "etcd refuses writes: its database is full")               \
  X(lease_gone, 16, "the lease is gone")                                     \
  X(tampered, 17, "a key of ours was changed by somebody else")

enum class errc : int {
#define X(name, number, text) name = (number),
  TENURE_ERRC_MAP(X)
#undef X
};

// The code's name as in the list above, e.g. "timed_out"; "unknown" for another number.
[[nodiscard]] TENURE_API const char* name(errc code) noexcept;
// The code's meaning in a few words; never null.
[[nodiscard]] TENURE_API const char* text(errc code) noexcept;

struct error {
  errc code = errc::ok;
  std::string message;  // for people: what, why and what to do; empty if ok
  int etcd_code = 0;    // the gRPC code that etcd gave; 0: none

  // True if there is an error.
  explicit operator bool() const noexcept { return code != errc::ok; }
};

}  // namespace tenure

#endif
