// How much of the present turn of the user's loop is used. When it is enough, what waits goes on in
// the next turn. And whether the process that turns the loop is still the one that began.
#pragma once

#include <cstdint>
#include <functional>

#include <uv.h>

namespace tenure {

class turn {
 public:
  void open(uv_loop_t* loop);
  void close(std::function<void()> closed);
  // In a forked child `what` is called once, by the first turn of the loop there, before the loop
  // waits. `process`: the number of this process's life.
  void at_fork(std::uint32_t process, std::function<void()> what);

  // Ends the program with a message if its handle, and so probably all of ours, was closed by
  // somebody else.
  void check_handles() const;

  // Asked before each piece of work but the first: a turn lasts this long, and then one piece more.
  [[nodiscard]] bool spent() const { return used_ > slice; }

  // A piece of work, while it lives. One inside another counts once.
  class piece {
   public:
    explicit piece(turn& of) : of_(of), from_(of.working_ ? 0 : uv_hrtime()) { of.working_ = true; }
    piece(const piece&) = delete;
    piece& operator=(const piece&) = delete;
    ~piece() {
      if (from_ == 0) return;
      of_.used_ += uv_hrtime() - from_;
      of_.working_ = false;
    }

   private:
    turn& of_;
    std::uint64_t from_;
  };

 private:
  static constexpr std::uint64_t slice = 40'000;  // ns
  void begin();

  uv_prepare_t prepare_{};  // runs before the loop waits: a new turn begins
  std::function<void()> closed_;
  std::function<void()> at_fork_;
  std::uint32_t process_ = 0;
  std::uint64_t used_ = 0;
  bool working_ = false;
};

}  // namespace tenure
