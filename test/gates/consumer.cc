// What a user's first program looks like. test/gates/install.sh builds it.
#include <uv.h>
#include <tenure/tenure.hpp>

#include <cstdio>
#include <cstring>

int main() {
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0) return 1;
  tenure::session session;
  tenure::session_options options;  // names no endpoint
  const tenure::error refused = session.open(&loop, options);
  if (refused.code == tenure::errc::ok || refused.message.empty()) return 2;
  if (!tenure::token().cancelled()) return 3;
  if (uv_run(&loop, UV_RUN_DEFAULT) != 0 || uv_loop_close(&loop) != 0) return 4;
  std::printf("tenure %s: %s\n", TENURE_VERSION, refused.message.c_str());
  return 0;
}
