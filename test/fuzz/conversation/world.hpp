// One or two instances of an application on a loop of their own, against the server of a target.
// Whatever that says, the promises of the manual's first page hold: they are checked here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <uv.h>

#include "tenure/tenure.hpp"
#include "test/fuzz/conversation/model.hpp"
#include "test/fuzz/conversation/server.hpp"

namespace fuzz {

struct setup {
  // Four bits of the input say the rest.
  explicit setup(unsigned bits)
      : two_endpoints((bits & 1U) != 0),
        readers((bits & 2U) != 0),
        stop_at_once((bits & 4U) == 0),
        long_one((bits & 8U) != 0) {}

  std::size_t parties = 1;
  bool two_endpoints = false;
  bool readers = false;      // an observer and a directory, too
  bool stop_at_once = true;  // the work stops as soon as it is told
  bool long_one = false;
  std::int64_t least_ms = 0;  // how long it lasts, and as long as the script goes on
};

inline const char* const app = "app";
inline const char* const prefix = "app/leader/";

class world;

class party {
 public:
  party(world& in, std::string name);
  party(const party&) = delete;
  party& operator=(const party&) = delete;

  void open(const setup& what);
  void resign();
  void stand_again();
  void close();
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool leads() const { return told_ && !term_.token.cancelled(); }
  [[nodiscard]] bool has_session() const { return lease_ != 0; }

 private:
  void heard() const;  // nothing comes after `closed`
  void acquired(const tenure::leadership& l);

  world& in_;
  std::string name_;
  bool stop_at_once_ = true;
  tenure::session session_;
  tenure::candidate candidate_;
  tenure::observer observer_;
  tenure::directory directory_;
  tenure::leadership term_;
  std::int64_t lease_ = 0;
  bool told_ = false;      // acquired, and not yet lost
  bool given_up_ = false;  // the last one, by its user
  bool closed_ = false;
};

// What a target adds: its server's answers, and what must hold besides.
class target : public server::script {
 public:
  virtual void acquired(const tenure::leadership& l, std::int64_t lease) = 0;
  virtual void passed() {}  // another turn
  [[nodiscard]] virtual bool over() const = 0;

  model truth;
  world* to = nullptr;  // whom it talks to

 protected:
  ~target() = default;
};

class world {
 public:
  world(target& by, const setup& what);
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void run();  // to the end of its script, and then all is closed

  std::vector<std::unique_ptr<party>> parties;
  server listening;
  [[nodiscard]] std::size_t leaders() const;

 private:
  friend class party;
  void turn();
  void check_rate() const;

  target& by_;
  setup what_;
  uv_loop_t loop_{};
  std::int64_t began_ = 0;
  std::size_t turns_ = 0;  // in which no time passed
  std::size_t quiet_ = 0;
};

// The whole of it.
void converse(target& by, const setup& what);

}  // namespace fuzz
