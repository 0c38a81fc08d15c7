// What curl sends piece by piece: it takes from here, and pauses when there is nothing and no end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <curl/curl.h>

namespace tenure::net {

class upload {
 public:
  void reset(std::string first) {
    bytes_.swap(first);  // what was held goes with it, the memory too
    at_ = 0;
    paused_ = false;
    ended_ = false;
    lost_ = false;
  }
  void append(std::string_view more) {
    if (at_ > bytes_.size() / 2) {
      bytes_.erase(0, std::exchange(at_, 0));
      lost_ = true;
    }
    bytes_.append(more);
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size() - at_; }

  // For curl's read callback.
  [[nodiscard]] std::size_t read(char* to, std::size_t room) {
    const std::size_t count = std::min(room, size());
    if (count == 0) {
      if (ended_) return 0;
      paused_ = true;
      return CURL_READFUNC_PAUSE;
    }
    std::memcpy(to, bytes_.data() + at_, count);
    at_ += count;
    if (at_ == bytes_.size()) {
      std::string().swap(bytes_);  // the answer may need the memory
      at_ = 0;
      lost_ = true;
    }
    return count;
  }

  // Back to the first byte. False if that is no longer here.
  [[nodiscard]] bool rewind() {
    if (!lost_) at_ = 0;
    return !lost_;
  }

  // True if curl waits and must be told to read on (curl_easy_pause); it is taken as told.
  [[nodiscard]] bool take_pause() {
    const bool was = paused_;
    paused_ = false;
    return was;
  }
  void end() { ended_ = true; }  // read() says "no more" instead of pausing

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool paused_ = false;
  bool ended_ = false;
  bool lost_ = false;  // bytes that curl has read were given up
};

}  // namespace tenure::net
