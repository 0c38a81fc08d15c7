// A stand before a real etcd, on the test's own loop. It passes requests on, and changes answers as
// the test says. Its watch is open, and silent.
#pragma once

#include <functional>
#include <string>

#include "test/support/etcd.hpp"
#include "test/support/scripted_server.hpp"

namespace tenure::test {

class false_etcd {
 public:
  false_etcd(uv_loop_t* loop, const etcd& truth) : server_(loop) {
    server_.on_request = [this, &truth](peer& p, const http_request& r) {
      if (r.path == "/v3/watch") {
        p.begin_chunks();
        return;
      }
      answer a = truth.post(r.path, r.body);
      if (a.status == 200) lie(r, a.body);
      p.answer(a.body, static_cast<int>(a.status));
    };
  }

  // May change the answer of a request that succeeded.
  std::function<void(const http_request&, std::string&)> lie = [](const http_request&,
                                                                  std::string&) {};

  [[nodiscard]] std::string url() const { return server_.url(); }
  void close() { server_.close(); }

 private:
  scripted_server server_;
};

}  // namespace tenure::test
