// What the tests of net/ share: a loop, a transport, a scripted server, a receiver with a memory.
#pragma once

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/transport.hpp"
#include "test/support/scripted_server.hpp"
#include "test/support/wait.hpp"

namespace tenure::net {

// So that Criterion can show it.
inline std::ostream& operator<<(std::ostream& to, delivery how) {
  constexpr const char* names[] = {"answered", "not_sent", "broken", "too_large", "bad_http"};
  return to << names[static_cast<int>(how)];
}

}  // namespace tenure::net

namespace tenure::test {

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct told {
  std::uint64_t number;
  net::reply reply;
};

class recorder final : public net::receiver {
 public:
  std::vector<told> replies;
  std::vector<told> ends;
  std::string bytes;  // of all streams
  std::size_t pieces = 0;
  bool inside_call = false;  // set while the test is inside a method of transport
  std::function<void(std::uint64_t, const net::reply&)> on_reply;
  std::function<void(std::uint64_t, std::string_view)> on_bytes;
  std::function<void(std::uint64_t, const net::reply&)> on_end;

  std::vector<std::string> places;  // their names, as last told
  std::uint64_t live = 0;
  std::uint64_t fresh = 0;  // of the last change

  void places_changed(std::uint64_t which, std::uint64_t with_another_address,
                      std::vector<std::string>&& names) override {
    cr_assert(not(inside_call), "told from inside a call to transport");
    live = which;
    fresh = with_another_address;
    places = std::move(names);
  }
  void replied(std::uint64_t call, net::reply&& answer) override {
    cr_assert(not(inside_call), "told from inside a call to transport");
    replies.push_back({call, std::move(answer)});
    const auto hook = on_reply;  // it may be replaced from within, and the list may grow
    const net::reply copy = replies.back().reply;
    if (hook) hook(call, copy);
  }
  void streamed(std::uint64_t stream, std::string_view more) override {
    cr_assert(not(inside_call), "told from inside a call to transport");
    bytes.append(more);
    ++pieces;
    const auto hook = on_bytes;
    if (hook) hook(stream, more);
  }
  void stream_ended(std::uint64_t stream, net::reply&& last) override {
    cr_assert(not(inside_call), "told from inside a call to transport");
    ends.push_back({stream, std::move(last)});
    const auto hook = on_end;
    const net::reply copy = ends.back().reply;
    if (hook) hook(stream, copy);
  }
};

// One test's world. finish() proves that nothing is left; the destructor sees that it was called.
struct world {
  world() {
    cr_assert(eq(int, uv_loop_init(&loop), 0));
    turn.open(&loop);
    server = std::make_unique<scripted_server>(&loop);
  }
  ~world() { cr_expect(finished, "the test did not finish its world"); }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  void open(net::transport_config config = {}) {
    if (config.endpoints.empty() && config.discovery.domain.empty())
      config.endpoints = {server->url()};
    carrier = std::make_unique<net::transport>();
    const error failed = carrier->open(&loop, std::move(config), heard, turn);
    cr_assert(not(bool(failed)), "%s", failed.message.c_str());
  }
  void answer_all(const std::string& body = "{}") {
    server->on_request = [body](peer& p, const http_request&) { p.answer(body); };
  }
  void send(std::uint64_t call, const std::string& body = "{}", std::size_t place = 0,
            const std::string& token = "", int timeout_ms = 0) {
    heard.inside_call = true;
    carrier->send(call, place, "/v3/kv/range", body, token, std::chrono::milliseconds(timeout_ms));
    heard.inside_call = false;
  }
  void open_stream(std::uint64_t stream, bool two_way,
                   const std::string& body = "{\"create_request\":{}}") {
    heard.inside_call = true;
    carrier->open_stream(stream, 0, "/v3/watch", body, "", two_way);
    heard.inside_call = false;
  }
  void until(const condition& holds, const char* file = __builtin_FILE(),
             int line = __builtin_LINE()) {
    run_until(&loop, holds, 30, file, line);
  }
  void until_replies(std::size_t count, const char* file = __builtin_FILE(),
                     int line = __builtin_LINE()) {
    until([this, count] { return heard.replies.size() >= count; }, file, line);
  }
  // Sends one and returns what became of it.
  net::reply ask(const std::string& body = "{}", std::size_t place = 0) {
    const std::size_t before = heard.replies.size();
    send(1000 + before, body, place);
    until_replies(before + 1);
    return heard.replies.back().reply;
  }

  void close() {
    heard.inside_call = true;
    carrier->close([](void* context) { ++*static_cast<int*>(context); }, &closed);
    heard.inside_call = false;
  }
  void finish() {
    if (carrier != nullptr) {
      if (closed == 0) close();
      until([this] { return closed > 0; });
      carrier.reset();
    }
    server->close();
    turn.close([] {});
    uv_run(&loop, UV_RUN_DEFAULT);
    server.reset();
    cr_assert(eq(int, uv_loop_close(&loop), 0));
    cr_assert(le(int, closed, 1));
    finished = true;
  }

  uv_loop_t loop{};
  tenure::turn turn;
  std::unique_ptr<scripted_server> server;
  recorder heard;
  std::unique_ptr<net::transport> carrier;
  int closed = 0;
  bool finished = false;
};

}  // namespace tenure::test
