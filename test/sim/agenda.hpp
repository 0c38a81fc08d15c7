// What will happen, by true time and, at the same time, in the order in which it was decided.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "choice.hpp"

namespace sim {

enum class happening : std::uint8_t {
  request,        // a: call slot: arrives at its member
  reply,          // a: call slot: arrives at its process
  stream_open,    // a: stream slot: arrives at its member
  stream_probe,   // a: stream slot
  stream_cut,     // a: stream slot: the member ends it; b: how
  stream_news,    // a: message slot
  stream_end,     // a: stream slot, at its process; b: outcome
  applied,        // a: member, c: revision: its watches hear of it
  turn,           // a: process: its loop has callbacks to deliver
  user,           // a: process, b: what of the user's it is, c: election
  work_stops,     // a: process, b: election, c: term
  elected,        // a: member, b: generation of the leaderless time
  heal,           // a: member, b: what ends
  checkpoint,     // the leader writes down what is left of leases
  expire,         // c: lease, b: generation of its deadline
  stale_revoke,   // c: lease: a leader that slept has it revoked
  look,           // a: what has to be so by now, b, c: of what
  fault,          // a: kind
  operator_acts,  // a: which act, b and c: on what
  revive,         // a: process: starts again after a crash
  phase,          // a: which
};

// What an operator, or the world around him, does later.
enum class act : std::uint8_t {
  frees_store,
  deletes_foreign,  // b: election, c: label
  deletes_loose,    // b: election, c: create revision, of a key off its lease
  brings_quorum,
  small_moment,
  lets_write,  // b: process
  deletes,     // b: election, c: create revision
  deletes_unheard,
  tampers,
};

struct event {
  nanos at = 0;
  happening what = happening::phase;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::int64_t c = 0;
};

// In order, the next one last: of the twenty or so that are usual, most new ones belong near the
// end.
class agenda {
 public:
  void clear() { list_.clear(); }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] nanos next_at() const { return list_.empty() ? never : list_.back().at; }
  void push(nanos at, happening what, std::size_t a = 0, std::size_t b = 0, std::int64_t c = 0) {
    const event e{at, what, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), c};
    list_.push_back(e);
    event* place = &list_.back();
    for (event* const first = list_.data(); place != first && place[-1].at <= at; --place)
      *place = place[-1];
    *place = e;
  }
  event pop() {
    const event next = list_.back();
    list_.pop_back();
    return next;
  }
  void again(const event& e, nanos at) { push(at, e.what, e.a, e.b, e.c); }

 private:
  std::vector<event> list_;
};

// Reused memory with indices instead of pointers.
template <class T>
class pool {
 public:
  std::size_t take() {
    if (free_.empty()) {
      if (size_ % chunk == 0) chunks_.emplace_back(new T[chunk]);
      return size_++;
    }
    const std::size_t at = free_.back();
    free_.pop_back();
    return at;
  }
  void give(std::size_t at) { free_.push_back(at); }
  T& operator[](std::size_t at) { return chunks_[at / chunk][at % chunk]; }
  const T& operator[](std::size_t at) const { return chunks_[at / chunk][at % chunk]; }
  void clear() {
    free_.clear();
    for (std::size_t i = size_; i > 0; --i) free_.push_back(i - 1);
  }

 private:
  static constexpr std::size_t chunk = 64;
  std::vector<std::unique_ptr<T[]>> chunks_;  // references stay good
  std::size_t size_ = 0;
  std::vector<std::size_t> free_;
};

}  // namespace sim
