// After `closed` nothing is told, and no handle, descriptor or byte is left. Close may be called
// from anywhere.
#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

void count_closed(void* context) { ++*static_cast<int*>(context); }

// Everything at once: a call that is answered, one that never is, one being refused, streams both
// ways, an idle connection; and one name that cannot be resolved. `arm` says when to close.
void busy_world(const std::function<void(world&)>& arm) {
  std::size_t before = open_descriptors();
  {
    world w;
    scripted_server refusing(&w.loop);
    refusing.refuse();
    w.server->on_request = [](peer& p, const http_request& r) {
      if (r.body == "silence") return;
      if (r.path != "/v3/watch") return p.answer("{}");
      if (r.body == "error") return p.answer("{}", 503);
      p.begin_chunks();
      p.chunk("1");
      p.chunk("2");
      p.write("1\r\n3\r\n0\r\n\r\n");
    };
    net::transport_config c;
    c.endpoints = {w.server->url(), refusing.url(), "http://no-such-host.invalid:2379"};
    w.open(c);
    arm(w);
    w.send(1, "{}");
    w.send(2, "{}");
    w.send(3, "silence");
    w.send(4, "{}", 1);
    w.send(5, "{}", 2);
    w.open_stream(1, true, "x");
    w.open_stream(2, false, "x");
    w.open_stream(3, true, "error");
    w.open_stream(4, true, "silence");
    w.until([&] { return w.closed > 0; });
    w.carrier.reset();
    refusing.close();
    w.finish();
  }
  cr_assert(eq(sz, open_descriptors(), before));
}

// Closes at the n-th event of any kind, and sees that none comes after it.
struct close_at {
  std::size_t at;
  std::size_t events = 0;
  void arm(world& w) {
    const auto event = [this, &w] {
      cr_assert(le(sz, events, at), "something was told after close");
      if (events++ == at) w.close();
    };
    w.heard.on_reply = [event](std::uint64_t, const net::reply&) { event(); };
    w.heard.on_bytes = [event](std::uint64_t, std::string_view) { event(); };
    w.heard.on_end = [event](std::uint64_t, const net::reply&) { event(); };
  }
};

}  // namespace

Test(net_close, from_within_whatever_is_told_ends_everything) {
  for (std::size_t n = 0; n < 6; ++n) {
    close_at here{n};
    busy_world([&](world& w) { here.arm(w); });
    cr_assert(eq(sz, here.events, n + 1));
  }
}

Test(net_close, after_any_number_of_turns_ends_everything) {
  for (int turns = 0; turns < 12; ++turns) {
    struct closer {
      world* w;
      int left;
      uv_check_t each;
    } c{nullptr, turns, {}};
    busy_world([&](world& w) {
      c.w = &w;
      c.each.data = &c;
      uv_check_init(&w.loop, &c.each);
      uv_check_start(&c.each, [](uv_check_t* handle) {
        auto* self = static_cast<closer*>(handle->data);
        if (self->left-- > 0) return;
        self->w->close();
        uv_close(reinterpret_cast<uv_handle_t*>(handle), nullptr);
      });
    });
  }
}

Test(net_close, in_the_same_turn_as_open_ends_everything) {
  std::size_t before = open_descriptors();
  world w;
  w.open();
  w.close();
  w.finish();
  cr_assert(eq(sz, open_descriptors(), before));
}

Test(net_close, in_the_same_turn_as_the_requests_ends_everything) {
  world w;
  w.answer_all();
  w.open();
  for (std::uint64_t i = 0; i < 10; ++i) w.send(i);
  w.open_stream(1, true);
  w.close();
  w.finish();
  cr_assert(w.heard.replies.empty());
  cr_assert(eq(sz, w.heard.ends.size(), 0));
}

Test(net_close, with_idle_connections_closes_them) {
  std::size_t before = open_descriptors();
  world w;
  w.answer_all();
  w.open();
  for (std::uint64_t i = 0; i < 4; ++i) w.send(i);
  w.until_replies(4);
  cr_assert(gt(sz, w.server->open_connections(), 0));
  w.close();
  w.until([&] { return w.server->open_connections() == 0 && w.closed == 1; });
  w.finish();
  cr_assert(eq(sz, open_descriptors(), before));
}

Test(net_close, a_second_one_and_all_other_methods_have_no_effect_after_it) {
  world w;
  w.answer_all();
  w.open();
  w.open_stream(1, true);
  w.until([&] { return w.server->requests().size() == 1; });
  w.close();
  int second = 0;
  w.carrier->close(count_closed, &second);
  w.send(1);
  w.carrier->abort(1);
  w.open_stream(2, true);
  w.carrier->write_stream(1, "x");
  w.carrier->close_stream(1);
  w.finish();
  cr_assert(eq(int, second, 0));
  cr_assert(w.heard.replies.empty());
}

Test(net_close, the_transport_may_be_destroyed_from_within_closed) {
  world w;
  w.answer_all();
  w.open();
  w.ask();
  w.carrier->close(
      [](void* context) {
        auto* self = static_cast<world*>(context);
        self->carrier.reset();
        self->closed = 1;
      },
      &w);
  w.until([&] { return w.closed == 1; });
  w.finish();
}

Test(net_close, a_transport_that_was_never_opened_is_closed_at_once) {
  int closed = 0;
  net::transport t;
  t.close(count_closed, &closed);
  cr_assert(eq(int, closed, 1));
}

Test(net_close, open_and_close_many_times_leaves_nothing) {
  world w;
  w.answer_all();
  std::size_t before = 0;
  for (int i = 0; i < 50; ++i) {
    w.open();
    w.ask();
    w.closed = 0;
    w.close();
    w.until([&] { return w.closed == 1 && w.server->open_connections() == 0; });
    w.carrier.reset();
    if (i == 0) before = open_descriptors();
  }
  cr_assert(eq(sz, open_descriptors(), before));
  w.finish();
}

Test(net_close, every_method_may_be_called_from_within_every_thing_told) {
  enum method { send, abort_own, abort_other, open_stream, write, close_own, close_other, methods };
  for (int m = 0; m < methods; ++m) {
    world w;
    w.server->on_request = [](peer& p, const http_request& r) {
      if (r.path != "/v3/watch") return p.answer("{}");
      p.begin_chunks();
      p.chunk("1");
      p.end_chunks();
    };
    w.open();
    int budget = 20;
    std::uint64_t next = 100;
    const auto act = [&](std::uint64_t own) {
      if (budget-- <= 0) return;
      switch (m) {
        case send: return w.send(next++);
        case abort_own: return w.carrier->abort(own);
        case abort_other: return w.carrier->abort(own + 1);
        case open_stream: ++next; return w.open_stream(next, next % 2 == 0);
        case write: return w.carrier->write_stream(own, "x");
        case close_own: return w.carrier->close_stream(own);
        default: return w.carrier->close_stream(own + 1);
      }
    };
    w.heard.on_reply = [&](std::uint64_t n, const net::reply&) { act(n); };
    w.heard.on_bytes = [&](std::uint64_t n, std::string_view) { act(n); };
    w.heard.on_end = [&](std::uint64_t n, const net::reply&) { act(n); };
    for (std::uint64_t i = 0; i < 6; ++i) w.send(i);
    for (std::uint64_t i = 0; i < 6; ++i) w.open_stream(i, i % 2 == 0);
    w.until([&] { return w.server->requests().size() >= 12 && w.server->open_connections() <= 7; });
    w.finish();
  }
}
