#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <memory>
#include <string>

#include "test/support/proxy.hpp"
#include "test/support/scripted_server.hpp"
#include "test/support/wait.hpp"

using namespace tenure::test;

namespace {

// A client that sends and remembers what comes back.
class client {
 public:
  client(uv_loop_t* loop, int port) {
    uv_tcp_init(loop, &tcp_);
    tcp_.data = connect_.data = this;
    sockaddr_in address{};
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_connect(&connect_, &tcp_, reinterpret_cast<sockaddr*>(&address),
                   [](uv_connect_t* done, int status) {
                     auto* self = static_cast<client*>(done->data);
                     if (status != 0) {  // reset before it was looked at
                       self->ended = status;
                       return;
                     }
                     uv_read_start(reinterpret_cast<uv_stream_t*>(&self->tcp_), on_room, on_read);
                     self->connected_ = true;
                     self->send(std::string());
                   });
  }

  void send(const std::string& bytes) {
    to_send_ += bytes;
    if (!connected_ || to_send_.empty()) return;
    const uv_buf_t buf = uv_buf_init(to_send_.data(), static_cast<unsigned>(to_send_.size()));
    uv_try_write(reinterpret_cast<uv_stream_t*>(&tcp_), &buf, 1);
    to_send_.clear();
  }
  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
             [](uv_handle_t* handle) { static_cast<client*>(handle->data)->closed = true; });
  }

  std::string received;
  int ended = 0;  // UV_EOF or an error
  bool closed = false;

 private:
  static void on_room(uv_handle_t* handle, std::size_t, uv_buf_t* buf) {
    auto* self = static_cast<client*>(handle->data);
    *buf = uv_buf_init(self->room_, sizeof self->room_);
  }
  static void on_read(uv_stream_t* stream, ssize_t got, const uv_buf_t* buf) {
    auto* self = static_cast<client*>(stream->data);
    if (got > 0) self->received.append(buf->base, static_cast<std::size_t>(got));
    if (got >= 0) return;
    self->ended = static_cast<int>(got);
    uv_read_stop(stream);
  }
  uv_tcp_t tcp_{};
  uv_connect_t connect_{};
  std::string to_send_;
  bool connected_ = false;
  char room_[4096];
};

// A client, the proxy, and a server that answers what it is asked with "pong".
class world {
 public:
  world() {
    uv_loop_init(&loop);
    server = std::make_unique<scripted_server>(&loop);
    server->on_request = [](peer& from, const http_request&) { from.answer("pong"); };
    between = std::make_unique<proxy>(&loop, server->url());
    asking = std::make_unique<client>(&loop, between->port());
  }

  void ask() { asking->send("GET / HTTP/1.1\r\n\r\n"); }
  [[nodiscard]] std::size_t answers() const {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = asking->received.find("pong", at)) != std::string::npos; ++at)
      ++count;
    return count;
  }
  void until_answers(std::size_t count) {
    run_until(&loop, [&] { return answers() == count; });
  }
  // Nothing must be left on the loop.
  void finish() {
    asking->close();
    between.reset();
    server->close();
    uv_run(&loop, UV_RUN_DEFAULT);
    server.reset();
    cr_assert(eq(int, uv_loop_close(&loop), 0));
  }

  uv_loop_t loop{};
  std::unique_ptr<scripted_server> server;
  std::unique_ptr<proxy> between;
  std::unique_ptr<client> asking;
};

}  // namespace

Test(chaos_proxy, passes_both_ways_and_ends_with_the_client) {
  world w;
  w.ask();
  w.until_answers(1);
  w.ask();
  w.until_answers(2);
  cr_assert(eq(sz, w.between->accepted(), 1));
  cr_assert(eq(sz, w.between->open_connections(), 1));
  w.finish();
}

Test(chaos_proxy, passes_the_servers_end_on) {
  world w;
  w.server->on_request = [](peer& from, const http_request&) {
    from.answer("pong");
    from.close();
  };
  w.ask();
  run_until(&w.loop, [&] { return w.asking->ended != 0; });
  cr_assert(eq(int, w.asking->ended, UV_EOF));
  cr_assert(eq(sz, w.answers(), 1));
  w.finish();
}

Test(chaos_proxy, swallows_questions_and_delivers_them_later) {
  world w;
  w.ask();
  w.until_answers(1);
  w.between->to_server(traffic::drop());
  w.ask();
  run_for(&w.loop, 100);
  cr_assert(eq(sz, w.server->requests().size(), 1));
  cr_assert(eq(int, w.asking->ended, 0));
  w.between->to_server(traffic::pass());
  w.until_answers(2);
  w.finish();
}

Test(chaos_proxy, swallows_answers_only) {
  world w;
  w.ask();
  w.until_answers(1);
  w.between->to_client(traffic::drop());
  w.ask();
  run_until(&w.loop, [&] { return w.server->requests().size() == 2; });
  run_for(&w.loop, 100);
  cr_assert(eq(sz, w.answers(), 1));
  w.between->to_client(traffic::pass());
  w.until_answers(2);
  w.finish();
}

Test(chaos_proxy, takes_new_connections_into_a_black_hole) {
  world w;
  w.between->both(traffic::drop());
  w.ask();
  run_for(&w.loop, 100);
  cr_assert(eq(sz, w.server->accepted(), 0));
  cr_assert(eq(int, w.asking->ended, 0));
  w.between->both(traffic::pass());
  w.until_answers(1);
  w.finish();
}

Test(chaos_proxy, resets_what_is_open_and_nothing_more) {
  world w;
  w.ask();
  w.until_answers(1);
  w.between->reset_all();
  run_until(&w.loop, [&] { return w.asking->ended != 0; });
  cr_assert(eq(int, w.asking->ended, UV_ECONNRESET));
  client again(&w.loop, w.between->port());
  again.send("GET / HTTP/1.1\r\n\r\n");
  run_until(&w.loop, [&] { return again.received.find("pong") != std::string::npos; });
  again.close();
  run_until(&w.loop, [&] { return again.closed; });
  w.finish();
}

Test(chaos_proxy, resets_every_new_connection_when_told_so) {
  world w;
  w.between->to_client(traffic::reset());
  w.ask();
  run_until(&w.loop, [&] { return w.asking->ended != 0; });
  cr_assert(eq(sz, w.server->requests().size(), 0));
  w.finish();
}

Test(chaos_proxy, delays) {
  world w;
  w.between->to_server(traffic::delayed(150));
  const std::uint64_t before = uv_hrtime();
  w.ask();
  w.until_answers(1);
  cr_assert(ge(u64, uv_hrtime() - before, 149'000'000));
  w.finish();
}

Test(chaos_proxy, throttles_and_lets_go_again) {
  world w;
  w.between->to_client(traffic::throttled(100));
  w.ask();
  run_for(&w.loop, 300);
  std::size_t some = w.asking->received.size();
  cr_assert(ge(sz, some, 1));
  cr_assert(le(sz, some, 60));
  w.between->to_client(traffic::pass());
  w.until_answers(1);
  w.finish();
}

Test(chaos_proxy, ends_the_client_when_there_is_no_server) {
  world w;
  w.server->refuse();
  w.ask();
  run_until(&w.loop, [&] { return w.asking->ended != 0; });
  w.finish();
}
