// Has a file changed that the session was given? They are looked at, read and parsed on a thread of
// libuv's pool, never in a turn of the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <uv.h>

#include "base/small_file.hpp"
#include "net/tls_set.hpp"
#include "tenure/error.hpp"
#include "tenure/options.hpp"

namespace tenure::detail {

struct kept_file {
  std::string path;  // empty: none
  file_stamp stamp;  // of what was read
};

struct kept_names {
  bool tls = false;  // whether the next three matter
  kept_file ca;
  kept_file cert;
  kept_file key;
  kept_file password;
};

// An empty path is no file. The error names the option.
[[nodiscard]] error read_password(kept_file& from, std::string& out);

// Reads the three; the stamps become those of what was read.
[[nodiscard]] error read_tls_files(kept_names& from, net::tls_material& out);

class kept_files {
 public:
  struct news {
    std::shared_ptr<const net::tls_set> tls;  // null: as before
    std::optional<std::string> password;      // wiped by who takes it
    std::vector<error> broken;                // what has changed and cannot be used
  };
  using taker = std::function<void(news&&)>;

  // `take` is called from the loop, after each look.
  void open(uv_loop_t* loop, kept_names names, std::uint32_t life, taker take);
  // In a forked child, before `close`: a look under way is never answered, nor waited for.
  void let_go() { looking_ = false; }
  // `closed` is called from the loop, or at once if it was not opened. A look that a thread of the
  // pool has begun is waited for.
  void close(std::function<void()> closed);

 private:
  static constexpr std::uint64_t interval_ms = 1000;

  // What the thread works on. The loop's thread keeps off it meanwhile.
  struct look {
    kept_names names;
    std::vector<file_stamp> doubtful;  // unusable when they were seen first: perhaps half written
    file_stamp doubtful_password;
    news found;
    [[nodiscard]] error run();
    void look_at_tls();
    void look_at_password();
  };
  struct trampoline;
  void again();
  void close_step();

  uv_timer_t timer_{};
  uv_work_t work_{};
  look look_;
  std::uint32_t life_ = 0;
  taker take_;
  std::function<void()> closed_;
  bool open_ = false;
  bool looking_ = false;
  bool closing_ = false;
  bool timer_gone_ = false;
};

}  // namespace tenure::detail
