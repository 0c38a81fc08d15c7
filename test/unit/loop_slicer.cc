// Long work, a slice at a time.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <vector>

#include "loop/slicer.hpp"

using tenure::slicer;

namespace {

// What is posted waits until the test says that the loop comes round.
struct work {
  slicer slices{3};
  std::vector<std::function<void()>> posted;
  int left = 0;
  int done = 0;

  void run() { slices.run(poster(), step()); }
  void run_later() { slices.run_later(poster(), step()); }
  void turn() {
    std::vector<std::function<void()>> now;
    now.swap(posted);
    for (const auto& each : now) each();
  }

 private:
  std::function<void(std::function<void()>)> poster() {
    return [this](std::function<void()> what) { posted.push_back(std::move(what)); };
  }
  std::function<bool()> step() {
    return [this] {
      if (left == 0) return false;
      ++done;
      return --left != 0;
    };
  }
};

}  // namespace

Test(loop_slicer, does_a_slice_now_and_the_rest_a_slice_a_turn) {
  work w;
  w.left = 8;
  w.run();
  cr_assert(eq(int, +w.done, 3));
  w.turn();
  cr_assert(eq(int, +w.done, 6));
  w.turn();
  cr_assert(eq(int, +w.done, 8));
  cr_assert(w.posted.empty());
}

Test(loop_slicer, what_fits_into_a_slice_posts_nothing) {
  work w;
  w.left = 2;
  w.run();
  cr_assert(eq(int, +w.done, 2));
  cr_assert(w.posted.empty());
}

Test(loop_slicer, run_later_does_nothing_now) {
  work w;
  w.left = 2;
  w.run_later();
  cr_assert(eq(int, +w.done, 0));
  w.turn();
  cr_assert(eq(int, +w.done, 2));
}

Test(loop_slicer, is_posted_once_however_often_it_is_asked) {
  work w;
  w.left = 12;
  w.run();
  w.run();
  w.run_later();
  cr_assert(eq(int, +w.done, 6));
  cr_assert(eq(sz, w.posted.size(), 1));
  w.turn();
  w.turn();
  cr_assert(eq(int, +w.done, 12));
  w.left = 1;  // and can begin anew
  w.run();
  cr_assert(eq(int, +w.done, 13));
}
