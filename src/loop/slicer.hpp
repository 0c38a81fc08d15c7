// Work that is too long for one turn of the loop: some of it now, the rest as the loop comes round.
#pragma once

#include <cstddef>
#include <utility>

namespace tenure {

class slicer {
 public:
  // A slice is so many steps. The dispatcher decides how many slices fit into a turn.
  explicit slicer(std::size_t steps) : steps_(steps) {}

  // Does a slice now, and the rest from the loop. `step` does one thing and says whether anything
  // is left. `post` calls back from the loop, and keeps alive whom `step` works for. If it is under
  // way already, it does a slice more.
  template <class Post, class Step>
  void run(Post post, Step step) {
    for (std::size_t n = 0; n < steps_; ++n) {
      if (!step()) return;
    }
    run_later(std::move(post), std::move(step));
  }

  // The same, but nothing now.
  template <class Post, class Step>
  void run_later(Post post, Step step) {
    if (std::exchange(posted_, true)) return;
    post([this, post, step] {
      posted_ = false;
      run(post, step);
    });
  }

 private:
  std::size_t steps_;
  bool posted_ = false;
};

}  // namespace tenure
