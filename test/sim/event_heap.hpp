// What will happen, by true time and, at the same time, in the order in which it was decided.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include "choice.hpp"

namespace sim {

enum class happening : std::uint8_t {
  request,       // a: call slot: arrives at its member
  reply,         // a: call slot: arrives at its process
  stream_open,   // a: stream slot: arrives at its member
  stream_probe,  // a: stream slot
  stream_cut,    // a: stream slot: the member ends it; b: how
  stream_news,   // a: message slot
  stream_end,    // a: stream slot, at its process; b: outcome
  applied,       // a: member, c: revision: its watches hear of it
  turn,          // a: process: its loop has callbacks to deliver
  user,          // a: process, b: what of the user's it is, c: election
  work_stops,    // a: process, b: election, c: term
  elected,       // a: member, b: generation of the leaderless time
  heal,          // a: member, b: what ends
  expire,        // c: lease, b: generation of its deadline
  fault,         // a: kind
  operator_acts, // a: what, b and c: on what
  revive,        // a: process: starts again after a crash
  phase,         // a: which
};

struct event {
  nanos at = 0;
  std::uint64_t order = 0;
  happening what = happening::phase;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::int64_t c = 0;
};

class event_heap {
 public:
  void clear() {
    heap_.clear();
    next_ = 0;
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] nanos next_at() const { return heap_.empty() ? never : heap_.front().at; }
  void push(nanos at, happening what, std::size_t a = 0, std::size_t b = 0, std::int64_t c = 0) {
    heap_.push_back({at, next_++, what, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), c});
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const event e = heap_.back();
    heap_.pop_back();
    return e;
  }
  void again(event e, nanos at) { push(at, e.what, e.a, e.b, e.c); }

 private:
  static bool later(const event& x, const event& y) { return x.at != y.at ? x.at > y.at : x.order > y.order; }

  std::vector<event> heap_;
  std::uint64_t next_ = 0;
};

// Reused memory with indices instead of pointers.
template <class T>
class pool {
 public:
  std::size_t take() {
    if (free_.empty()) {
      all_.emplace_back();
      return all_.size() - 1;
    }
    const std::size_t at = free_.back();
    free_.pop_back();
    return at;
  }
  void give(std::size_t at) { free_.push_back(at); }
  T& operator[](std::size_t at) { return all_[at]; }
  const T& operator[](std::size_t at) const { return all_[at]; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  void clear() {
    free_.clear();
    for (std::size_t i = all_.size(); i > 0; --i) free_.push_back(i - 1);
  }

 private:
  std::deque<T> all_;  // references stay good
  std::vector<std::size_t> free_;
};

}  // namespace sim
