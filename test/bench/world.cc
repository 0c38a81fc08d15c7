#include "test/bench/world.hpp"

#include <unistd.h>

namespace bench {

std::string own_path() {
  char path[4096];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path);
  if (n <= 0) fail("readlink /proc/self/exe");
  return {path, static_cast<std::size_t>(n)};
}

std::vector<std::string> role(const std::string& name, std::vector<std::string> args) {
  args.insert(args.begin(), {own_path(), name});
  return args;
}

std::string world::new_app(const std::string& stem) const {
  static int count = 0;
  return stem + std::to_string(++count);
}

std::vector<std::string> world::contender(const std::string& app, const std::string& name,
                                          int elections, int ttl_s) const {
  return role("contend", {endpoint, app, name, std::to_string(elections), std::to_string(ttl_s)});
}

floor_of_a_push::floor_of_a_push(std::uint16_t port)
    : to_(port),
      from_(port, "floor/"),
      body_("{" + key_field("floor/key") + R"(,"value":")" + base64("value") + "\"}") {}

double floor_of_a_push::once_us() {
  const std::int64_t from = now_ns();
  to_.send("POST", "/v3/kv/put", body_);
  from_.await_changes();
  const std::int64_t until = now_ns();
  (void)to_.receive();
  return static_cast<double>(until - from) / 1e3;
}

void rest_ms(int ms) { usleep(static_cast<useconds_t>(ms) * 1000); }

}  // namespace bench
