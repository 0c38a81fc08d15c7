// What is known of all elections of the application. It decides when all keys have to be read, in
// pages that are all as of one revision. It knows when nothing is missing, so that the watch is
// enough.
#pragma once

#include <cstdint>

#include "core/backoff.hpp"
#include "core/context.hpp"
#include "core/watch.hpp"

namespace tenure::core {

class survey {
 public:
  static constexpr std::uint32_t full_page = 64;  // keys: some 20 kB, parsed in 0.1 ms

  void follow(const context& c, bool on);
  // The session closes: nothing is asked or told any more.
  void close() { on_ = false; }
  // Changes were lost, so all has to be read again. `anew`: the cluster was restored from a backup.
  void outdated(const context& c, bool anew = false);
  // A message of the stream is being handled, and is to be applied.
  void heard(const context& c) const;
  // The request for a page has ended. `a` is null if it was not answered.
  void completed(const context& c, const completion& done, const answer* a);

  // Does what is due; returns when there is more to do.
  nanos tick(const context& c, const watch& stream);
  [[nodiscard]] bool wanted() const { return on_; }

 private:
  enum class phase : std::uint8_t {
    due,  // a read has to begin, as soon as there is a stream to go on from it
    reading,
    read,  // wholly, but the stream is not open yet
    current,
  };
  [[nodiscard]] bool may_ask() const {
    return !under_way_ && (phase_ == phase::reading || (phase_ == phase::due && stream_ready_));
  }

  bool on_ = false;
  phase phase_ = phase::due;
  bool stream_ready_ = false;
  bool under_way_ = false;     // a page was asked for
  bool discard_ = false;       // it belongs to a read that was given up
  std::int64_t revision_ = 0;  // of the read; 0: known when the first page is there
  std::uint32_t limit_ = full_page;
  std::uint64_t faults_ = 0;  // of the stream, as seen last
  backoff pause_;
  pace anew_;  // the revisions began anew
};

}  // namespace tenure::core
