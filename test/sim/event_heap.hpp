// What will happen, by true time and, at the same time, in the order in which it was decided.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
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
  std::uint64_t order : 56;
  happening what : 8;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::int64_t c = 0;
};

// A heap of four children each: half as deep as one of two, and a step of it is one cache line or two.
class event_heap {
 public:
  void clear() {
    heap_.clear();
    next_ = 0;
  }
  [[nodiscard]] bool empty() const { return heap_.empty(); }
  [[nodiscard]] nanos next_at() const { return heap_.empty() ? never : heap_.front().at; }
  void push(nanos at, happening what, std::size_t a = 0, std::size_t b = 0, std::int64_t c = 0) {
    const event e{at, next_++, what, static_cast<std::uint32_t>(a), static_cast<std::uint32_t>(b), c};
    std::size_t hole = heap_.size();
    heap_.push_back(e);
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (!earlier(e, heap_[parent])) break;
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = e;
  }
  event pop() {
    const event first = heap_.front();
    const event last = heap_.back();
    heap_.pop_back();
    const std::size_t size = heap_.size();
    if (size == 0) return first;
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 4 * hole + 1) {
      const std::size_t end = std::min(child + 4, size);
      std::size_t best = child;
      while (++child < end) {
        if (earlier(heap_[child], heap_[best])) best = child;
      }
      if (!earlier(heap_[best], last)) break;
      heap_[hole] = heap_[best];
      hole = best;
    }
    heap_[hole] = last;
    return first;
  }
  void again(const event& e, nanos at) { push(at, e.what, e.a, e.b, e.c); }

 private:
  static bool earlier(const event& x, const event& y) { return x.at != y.at ? x.at < y.at : x.order < y.order; }

  std::vector<event> heap_;
  std::uint64_t next_ = 0;
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
