// What every figure is measured with.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "test/bench/raw.hpp"
#include "test/bench/sample.hpp"
#include "test/bench/subject.hpp"
#include "test/support/etcd.hpp"

namespace bench {

struct world {
  tenure::test::etcd& etcd;
  report& out;
  int runs = 100;               // of what takes milliseconds; longer figures take a share of them
  int seconds = 60;             // of a steady state
  std::string directory = ".";  // for what is written
  std::string endpoint = etcd.endpoint();
  std::uint16_t port = port_of(endpoint);

  // At least three: a median is wanted.
  [[nodiscard]] int share(int percent) const { return std::max(3, runs * percent / 100); }
  // The command line of a contender; an app of its own each time.
  [[nodiscard]] std::vector<std::string> contender(const std::string& app, const std::string& name,
                                                   int elections, int ttl_s = 10) const;
  [[nodiscard]] std::string new_app(const std::string& stem) const;
};

[[nodiscard]] std::string own_path();
[[nodiscard]] std::vector<std::string> role(const std::string& name, std::vector<std::string> args);

// One put committed and seen on an open watch.
class floor_of_a_push {
 public:
  explicit floor_of_a_push(std::uint16_t port);
  double once_us();

 private:
  connection to_;
  watch from_;
  std::string body_;
};

// Waits, to let what was begun come to rest.
void rest_ms(int ms);

void handover(world& w);
void cold_start(world& w);
void startup(world& w);
void handed(world& w);
void steady(world& w);
void stall(world& w);
void losing(world& w);
void deleted(world& w);
void token(world& w);
void growth(world& w);

}  // namespace bench
