// Where every decision of the simulated world comes from: a generator of our own (the standard
// library's distributions differ from one library to the next), an enumerator, or a fuzzer's bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/choices.hpp"
#include "core/time.hpp"

namespace sim {

using tenure::core::millisecond;
using tenure::core::nanos;
using tenure::core::never;
using tenure::core::second;

// Replaces the generators of a whole world.
class feed {
 public:
  virtual std::uint64_t below(std::uint64_t bound) = 0;

 protected:
  ~feed() = default;
};

// One for each purpose, so that one more draw in one place does not change what is drawn in the
// others.
class stream final : public tenure::core::choices {
 public:
  void seed(std::uint64_t seed, std::uint64_t purpose, feed* instead) {
    state_ = mix(seed * 0x9e3779b97f4a7c15ULL + purpose);
    feed_ = instead;
  }
  std::uint64_t below(std::uint64_t bound) override {
    if (feed_ != nullptr) return feed_->below(bound);
    const std::uint64_t x = mix(state_ += 0x9e3779b97f4a7c15ULL);
    return bound >> 32 == 0 ? (x >> 32) * bound >> 32 : x % bound;
  }
  // 0 from a feed means "no": what is not chosen does not happen.
  bool chance(std::uint32_t per_mille) { return per_mille != 0 && below(1000) >= 1000 - per_mille; }
  nanos between(nanos least, nanos most) {
    return least + static_cast<nanos>(below(static_cast<std::uint64_t>(most - least) + 1));
  }
  template <class T, std::size_t N>
  const T& one_of(const T (&list)[N]) {
    return list[below(N)];
  }
  std::size_t index(std::size_t bound) { return static_cast<std::size_t>(below(bound)); }

 private:
  static std::uint64_t mix(std::uint64_t z) {  // splitmix64
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  std::uint64_t state_ = 0;
  feed* feed_ = nullptr;
};

// All combinations of the small choices of a world, one world after the other (cf. exhaustigen): a
// choice among more than `widest` is no branching but always its first; so are all choices after
// the first `deepest`.
class enumerator final : public feed {
 public:
  explicit enumerator(std::size_t deepest) : deepest_(deepest) {}

  std::uint64_t below(std::uint64_t bound) override {
    if (bound > widest || bound < 2 || at_ >= deepest_) return 0;
    if (at_ == digits_.size()) digits_.push_back({0, static_cast<std::uint8_t>(bound)});
    return digits_[at_++].value;
  }
  // False when all were seen.
  bool next() {
    at_ = 0;
    while (!digits_.empty()) {
      if (++digits_.back().value < digits_.back().bound) return true;
      digits_.pop_back();
    }
    return false;
  }
  void rewind() { at_ = 0; }
  [[nodiscard]] const auto& digits() const { return digits_; }

  static constexpr std::uint64_t widest = 8;
  struct digit {
    std::uint8_t value;
    std::uint8_t bound;
  };

 private:
  std::size_t deepest_;
  std::size_t at_ = 0;
  std::vector<digit> digits_;
};

// A fuzzer's bytes; when they are used up, nothing happens any more.
class bytes final : public feed {
 public:
  bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint64_t below(std::uint64_t bound) override {
    std::uint64_t x = 0;
    std::uint64_t range = 1;
    while (range < bound && range < std::uint64_t{1} << 32 && size_ > 0) {
      x = x << 8 | *data_++;
      --size_;
      range <<= 8;
    }
    return x % bound;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace sim
