#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

constexpr bool two_way = true;
constexpr bool one_way = false;

// A server that begins a chunked answer at each request, and remembers the peer.
struct streaming {
  world w;
  peer* at = nullptr;

  explicit streaming(bool kind, const std::string& headers = "",
                     net::transport_config config = {}) {
    w.server->on_request = [this, headers](peer& p, const http_request&) {
      at = &p;
      p.begin_chunks(200, headers);
    };
    w.open(std::move(config));
    w.open_stream(1, kind);
    w.until([this] { return at != nullptr; });
  }
  void push(const std::string& bytes) {
    const std::size_t before = w.heard.bytes.size();
    at->chunk(bytes);
    w.until([&] { return w.heard.bytes.size() >= before + bytes.size(); });
  }
  told end() {
    w.until([this] { return !w.heard.ends.empty(); });
    cr_assert(eq(sz, w.heard.ends.size(), 1));
    return w.heard.ends[0];
  }
};

}  // namespace

Test(net_stream, brings_what_is_pushed_as_it_comes) {
  for (const bool kind : {one_way, two_way}) {
    streaming s(kind);
    s.push("{\"result\":1}\n");
    s.push("{\"result\":2}\n");
    cr_assert(
        eq(type(std::string), s.w.heard.bytes, std::string("{\"result\":1}\n{\"result\":2}\n")));
    cr_assert(eq(sz, s.w.heard.pieces, 2));
    s.push(std::string(3 << 20, 'x'));
    cr_assert(s.w.heard.ends.empty());
    s.w.finish();
  }
}

Test(net_stream, one_way_is_a_plain_post) {
  streaming s(one_way);
  http_request r = s.w.server->requests()[0];
  cr_assert(eq(type(std::string), r.body, std::string("{\"create_request\":{}}")));
  cr_assert(not(r.has_header("Connection")));
  cr_assert(not(r.has_header("Transfer-Encoding")));
  cr_assert(not(r.has_header("Grpc-Timeout")));
  cr_assert(eq(type(std::string), r.header("Grpc-Metadata-hasleader"), std::string("true")));
  s.w.carrier->write_stream(1, "nothing can be added to it");
  s.push("x");
  s.w.finish();
}

Test(net_stream, two_way_keeps_its_upload_open_and_says_that_the_connection_closes) {
  streaming s(two_way);
  http_request r = s.w.server->requests()[0];
  cr_assert(eq(type(std::string), r.header("Connection"), std::string("close")));
  cr_assert(eq(type(std::string), r.header("Transfer-Encoding"), std::string("chunked")));
  cr_assert(not(r.has_header("Content-Length")));
  cr_assert(not(r.has_header("Expect")));
  cr_assert(not(r.has_header("Grpc-Timeout")));
  s.w.until([&] { return s.at->upload() == "{\"create_request\":{}}"; });
  s.push("created");
  s.w.carrier->write_stream(1, "more");
  s.w.until([&] { return s.at->upload() == "{\"create_request\":{}}more"; });
  s.w.carrier->write_stream(1, "and ");
  s.w.carrier->write_stream(1, "more");
  s.w.until([&] { return s.at->upload() == "{\"create_request\":{}}moreand more"; });
  const std::string large(300000, 'y');
  s.w.carrier->write_stream(1, large);
  s.w.until([&] { return s.at->upload().size() == 21 + 12 + large.size(); });
  s.push("still here");
  s.w.finish();
}

Test(net_stream, what_is_written_before_the_connection_stands_is_sent_too) {
  world w;
  w.open();
  w.open_stream(1, two_way, "a");
  w.carrier->write_stream(1, "b");
  w.carrier->write_stream(99, "nobody");
  w.until([&] { return w.server->accepted() == 1 && w.server->at(0).upload() == "ab"; });
  w.finish();
}

Test(net_stream, may_be_written_from_the_receiver) {
  streaming s(two_way);
  s.w.server->on_upload = [](peer& p, std::string_view bytes) { p.chunk(bytes); };
  s.w.heard.on_bytes = [&](std::uint64_t stream, std::string_view) {
    s.w.carrier->write_stream(stream, ".");
  };
  s.at->chunk("go");
  s.w.until([&] { return s.w.heard.bytes.size() > 50; });
  s.w.finish();
}

Test(net_stream, a_clean_end_is_told_though_the_upload_is_still_open) {
  for (const char* headers : {"", "Connection: close\r\n"}) {
    for (const bool kind : {one_way, two_way}) {
      for (const bool hang_up : {false, true}) {
        streaming s(kind, headers);
        s.push("x");
        s.at->end_chunks();
        if (hang_up) s.at->close();
        const told t = s.end();
        cr_assert(eq(type(delivery), delivery(t.reply.delivery), delivery::answered),
                  "%s, %d, %d: %s", headers, kind, hang_up, t.reply.failure.c_str());
        cr_assert(eq(int, int(t.reply.http_status), 200));
        cr_assert(t.reply.body.empty());
        s.w.finish();
      }
    }
  }
}

Test(net_stream, an_end_in_the_same_segment_as_the_last_bytes_is_told_after_them) {
  for (const bool kind : {one_way, two_way}) {
    streaming s(kind);
    s.w.heard.on_end = [&](std::uint64_t, const net::reply&) {
      cr_assert(eq(type(std::string), s.w.heard.bytes, std::string("last")));
    };
    s.at->write("4\r\nlast\r\n0\r\n\r\n");
    s.end();
    s.w.finish();
  }
}

Test(net_stream, a_broken_end_is_told_as_such) {
  for (const bool kind : {one_way, two_way}) {
    for (const bool reset : {false, true}) {
      streaming s(kind);
      s.push("x");
      reset ? s.at->reset() : s.at->close();
      told t = s.end();
      cr_assert(eq(type(delivery), t.reply.delivery, delivery::broken));
      cr_assert(eq(int, int(t.reply.http_status), 200));
      cr_assert(not(t.reply.failure.empty()));
      s.w.finish();
    }
  }
}

Test(net_stream, another_status_than_200_ends_it_with_the_body) {
  for (const char* headers : {"", "Connection: close\r\n"}) {
    for (const bool kind : {one_way, two_way}) {
      for (const bool chunked : {false, true}) {
        world w;
        w.server->on_request = [&](peer& p, const http_request&) {
          if (!chunked) return p.answer("{\"error\":1}", 503, headers);
          p.begin_chunks(503, headers);
          p.chunk("{\"error\"");
          p.chunk(":1}");
          p.end_chunks();
        };
        w.open();
        w.open_stream(4, kind);
        w.until([&] { return !w.heard.ends.empty(); });
        told t = w.heard.ends[0];
        cr_assert(eq(u64, t.number, 4));
        cr_assert(eq(type(delivery), t.reply.delivery, delivery::answered), "%s",
                  t.reply.failure.c_str());
        cr_assert(eq(int, int(t.reply.http_status), 503));
        cr_assert(eq(type(std::string), t.reply.body, std::string("{\"error\":1}")));
        cr_assert(w.heard.bytes.empty());
        w.finish();
      }
    }
  }
}

Test(net_stream, a_refusal_that_never_ends_is_ended_at_the_limit) {
  net::transport_config c;
  c.max_answer = 10000;
  world w;
  w.server->on_request = [](peer& p, const http_request&) {
    p.write("HTTP/1.1 500 Bad\r\n\r\n");
    p.flood(50u << 20);
  };
  c.endpoints = {w.server->url()};
  w.open(c);
  w.open_stream(1, two_way);
  w.until([&] { return !w.heard.ends.empty(); });
  cr_assert(eq(type(delivery), w.heard.ends[0].reply.delivery, delivery::too_large));
  w.finish();
}

Test(net_stream, has_no_limit_in_what_it_brings) {
  net::transport_config c;
  c.max_answer = 10000;
  streaming s(two_way, "", c);
  std::size_t total = 0;
  s.w.heard.on_bytes = [&](std::uint64_t, std::string_view more) {
    cr_assert(le(sz, more.size(), std::size_t(2u << 20)));
    total += more.size();
  };
  s.at->write("3200000\r\n");
  s.at->flood(0x3200000);
  s.w.until([&] { return total == 0x3200000; });
  s.w.finish();
}

Test(net_stream, that_is_not_read_is_ended_rather_than_buffered_for_ever) {
  net::transport_config c;
  c.max_answer = 100000;
  streaming s(two_way, "", c);
  s.at->stop_reading();
  for (int i = 0; i < 1000 && s.w.heard.ends.empty(); ++i) {
    s.w.carrier->write_stream(1, std::string(50000, 'z'));
    uv_run(&s.w.loop, UV_RUN_NOWAIT);
  }
  told t = s.end();
  cr_assert(eq(type(delivery), t.reply.delivery, delivery::broken), "%s", t.reply.failure.c_str());
  s.w.finish();
}

Test(net_stream, refused_is_not_sent) {
  world w;
  w.server->refuse();
  w.open();
  w.open_stream(1, two_way);
  w.until([&] { return !w.heard.ends.empty(); });
  cr_assert(eq(type(delivery), w.heard.ends[0].reply.delivery, delivery::not_sent));
  w.finish();
}

Test(net_stream, never_shares_its_connection_with_a_call) {
  for (const bool kind : {one_way, two_way}) {
    world w;
    w.server->on_request = [](peer& p, const http_request& r) {
      if (r.path != "/v3/watch") return p.answer("{}");
      p.begin_chunks();
      p.chunk("x");
      p.end_chunks();
    };
    w.open();
    w.ask();                 // an idle connection is there
    w.open_stream(1, kind);  // it must not be taken
    w.until([&] { return !w.heard.ends.empty(); });
    w.ask();  // and the stream's must not be left for this
    cr_assert(eq(sz, std::size_t(w.server->requests()[0].peer), 0));
    cr_assert(eq(sz, std::size_t(w.server->requests()[1].peer), 1));
    cr_assert(eq(sz, std::size_t(w.server->requests()[2].peer), 0));
    w.until([&] { return w.server->open_connections() == 1; });
    w.finish();
  }
}

Test(net_stream, closing_it_is_silent_and_ends_the_connection) {
  for (const bool kind : {one_way, two_way}) {
    streaming s(kind);
    s.push("x");
    s.at->chunk("y");
    s.w.carrier->close_stream(1);
    s.w.carrier->close_stream(1);
    s.w.until([&] { return s.w.server->open_connections() == 0; });
    cr_assert(eq(type(std::string), s.w.heard.bytes, std::string("x")));
    cr_assert(s.w.heard.ends.empty());
    s.w.finish();
  }
}

Test(net_stream, may_be_closed_and_opened_anew_from_its_own_bytes) {
  streaming s(two_way);
  s.w.heard.on_bytes = [&](std::uint64_t stream, std::string_view) {
    s.w.carrier->close_stream(stream);
    s.w.open_stream(stream, two_way);  // the same number
  };
  for (std::size_t i = 1; i < 20; ++i) {
    s.at->write("1\r\nx\r\n0\r\n\r\n");  // its end is ready too, but not told
    s.w.until([&] { return s.w.server->requests().size() == i + 1; });
  }
  cr_assert(s.w.heard.ends.empty());
  s.w.finish();
}

Test(net_stream, calls_and_streams_have_numbers_of_their_own) {
  streaming s(two_way);
  s.w.answer_all();
  s.w.send(1);
  s.w.until_replies(1);
  s.w.carrier->abort(1);
  s.push("x");
  s.w.finish();
}
