// The queue of one election in front of our own key: what was read of it, and what deletes made of
// that since.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"
#include "core/time.hpp"

namespace tenure::core {

// What was read of a queue.
struct reading {
  const rival* first;  // in order of creation
  std::size_t count;
  bool more;              // the queue is longer than what was read
  std::int64_t revision;  // it was like that as of this revision
  nanos sent;             // and was asked for at this moment
  bool outdated;          // events behind it were lost
};

// `own`, in all that follows: our own key.
class queue {
 public:
  void take(const reading& read, const rival& own);
  // Our key was there as of this revision, so it was still the first.
  void still_first(std::int64_t revision) { revision_ = std::max(revision_, revision); }
  // There is no key of ours in it any more.
  void forget();

  // What a delete did to the queue. `unclear`: only a new reading can tell.
  enum class effect { none, own_key, shorter, unclear };
  effect take_delete(const change& deleted, const rival& own);

  // Deletes that are heard while the queue is being read are kept for when that is known.
  void keep(const change& deleted) { early_.push_back(deleted); }
  [[nodiscard]] std::vector<change> take_kept();
  void drop_kept() { early_.clear(); }

  // Something has happened that only a new reading can show.
  void doubt() { sure_ = false; }
  [[nodiscard]] bool sure() const { return sure_; }
  // It was asked for at that moment, or later.
  [[nodiscard]] bool read_since(nanos moment) const { return sent_ >= moment; }
  // As of this revision it was read.
  [[nodiscard]] std::int64_t revision() const { return revision_; }
  // There are more in front than were read.
  [[nodiscard]] bool more() const { return more_; }
  // Those with a smaller create revision, in order.
  [[nodiscard]] const std::vector<rival>& front() const { return front_; }
  // Create revision of the first; 0: nobody is in front.
  [[nodiscard]] std::int64_t first() const {
    return front_.empty() ? 0 : front_.front().create_revision;
  }

 private:
  std::vector<rival> front_;
  std::vector<change> early_;
  std::int64_t revision_ = 0;
  nanos sent_ = 0;  // when that was asked for
  bool more_ = false;
  bool sure_ = true;
};

}  // namespace tenure::core
