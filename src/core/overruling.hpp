// When the greatest raft term that was seen is given up, because a quorum says for long enough that
// it follows a lower one (safety.md, "The way back").
#pragma once

#include <cstdint>

#include "core/event.hpp"
#include "core/time.hpp"
#include "core/timings.hpp"

namespace tenure::core {

class overruling {
 public:
  // An answer that has a term, to what was sent then, to that endpoint.
  struct word {
    nanos sent;
    std::uint32_t endpoint;
    bool lower;  // than the greatest term seen
    bool proof;  // it answers a write
    bool alone;  // there is no other endpoint
  };
  // True if the greatest term is overruled by now.
  bool heard(nanos now, const timings& t, const word& w);
  // What was decided, or the lease is another: no term of before counts.
  void forget();

  // True once in a while: every endpoint is to be asked for a write, since it is time to decide.
  bool asks_all(nanos now, const timings& t);
  // When that is wanted next.
  [[nodiscard]] nanos next_wake() const { return ask_at_; }

  // So many writes have to agree.
  static constexpr int writes_wanted = 3;

 private:
  nanos upheld_at_ = 0;  // the greatest term was heard of last
  nanos began_ = 0;      // the first write that contradicts it was answered
  nanos ask_at_ = never;
  int writes_ = 0;       // of those sent when the old leases were over
  endpoint_set by_ = 0;  // who answered them
};

}  // namespace tenure::core
