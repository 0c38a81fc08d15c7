// What a server sends that is not the body has bounds, and no turn of the loop belongs to it.
#include "net/besides.hpp"
#include "test/support/endless_server.hpp"
#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;
using net::besides;
using net::delivery;

namespace {

const std::string lines_bound = std::to_string(besides::most_lines);
const std::string chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

struct endless {
  std::string begin;
  std::string again;
  std::string said;   // what has no end
  std::string bound;  // empty: it is told what came
};

const endless all[] = {
    {"HTTP/1.1 200 ", "OK", "headers", "100 KiB"},
    {"HTTP/1.1 200 OK\r\n", "A: b\r\n", "headers", lines_bound},
    {"HTTP/1.1 200 OK\r\n", "a:\r\n", "headers", lines_bound},
    {"HTTP/1.1 200 OK\r\nA: ", "b", "headers", "100 KiB"},
    // libcurl copies the header anew for each line that is folded into it. A newer one puts the
    // line together before it is seen here, up to a bound of its own.
    {"HTTP/1.1 200 OK\r\nA: b\r\n", " folded\r\n", "headers", ""},
    {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", "interim answers",
     lines_bound},
    {chunks + "0\r\n", "A: b\r\n", "trailers", lines_bound},
    {chunks + "0\r\nA: ", "b", "trailers", "100 KiB"},
    {chunks + "1;", "a=b;", "framed without end", ""},
    {chunks, "1;" + std::string(100, 'a') + "\r\n \r\n", "framed without end", ""},
    {chunks, "0", "chunk", ""},  // its size
};

}  // namespace

Test(net_endless, what_is_not_the_body_ends_at_its_bound) {
  // What both systems' buffers may hold besides.
  constexpr std::uint64_t buffers = 32u << 20;
  for (const bool stream : {false, true}) {
    for (const endless& each : all) {
      endless_server server(each.begin, each.again);
      world w;
      net::transport_config config;
      config.endpoints = {server.url()};
      w.open(std::move(config));
      if (stream) {
        w.open_stream(1, true);
      } else {
        w.send(1);
      }
      const std::vector<told>& ends = stream ? w.heard.ends : w.heard.replies;
      std::uint64_t before = 0;
      w.until([&] {  // asked after each turn
        const std::uint64_t now = server.sent();
        cr_assert(now - before < buffers, "a turn that takes all that comes");
        before = now;
        return !ends.empty();
      });
      const net::reply& r = ends[0].reply;
      cr_assert(r.delivery != delivery::answered);
      cr_assert(contains(r.failure, each.said), "%s", r.failure.c_str());
      cr_assert(contains(r.failure, each.bound), "%s", r.failure.c_str());
      cr_assert(server.sent() < buffers);
      w.finish();
    }
  }
}

Test(net_endless, what_a_server_may_send_is_taken) {
  world w;
  w.server->on_request = [](peer& p, const http_request&) {
    std::string headers;
    for (int i = 0; i < 100; ++i) headers += "X-Header: " + std::string(100, 'x') + "\r\n";
    p.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" +
            headers + "\r\n");
    std::string chunks;
    for (int i = 0; i < 100000; ++i) chunks += "1;a=b\r\nx\r\n";
    p.write(chunks + "0\r\n" + headers + "\r\n");
  };
  w.open();
  for (int i = 0; i < 3; ++i) {
    const net::reply r = w.ask();
    cr_assert(eq(type(delivery), delivery(r.delivery), delivery::answered), "%s",
              r.failure.c_str());
    cr_assert(eq(sz, r.body.size(), 100000));
  }
  w.open_stream(1, true);
  w.until([&] { return !w.heard.ends.empty(); });
  cr_assert(eq(sz, w.heard.bytes.size(), 100000));
  cr_assert(eq(type(delivery), delivery(w.heard.ends[0].reply.delivery), delivery::answered));
  w.finish();
}

Test(net_besides, lines_count_for_more_than_their_bytes) {
  besides it;
  std::size_t lines = 0;
  while (it.take_line("a:\r\n")) ++lines;
  cr_assert(eq(sz, lines, besides::most_lines / (4 + besides::a_line_more)));
  cr_assert(contains(it.excess(), "headers"), "%s", it.excess().c_str());
}

Test(net_besides, the_headers_are_whole_after_those_of_the_last_answer) {
  besides it;
  for (const char* line : {"HTTP/1.1 100 Continue\r\n", "\r\n", "HTTP/1.1 200 OK\r\n", "A: b\r\n"})
    cr_assert(it.take_line(line));
  cr_assert(not(it.headers_whole()));
  cr_assert(it.take_line("\r\n"));
  cr_assert(it.headers_whole());
  cr_assert(it.excess().empty());
}

Test(net_besides, each_byte_of_the_body_may_have_a_frame) {
  constexpr std::uint64_t earlier = 1u << 30;  // by other requests on the connection
  besides it;
  cr_assert(it.take_reading(earlier));
  cr_assert(it.take_reading(earlier + besides::most_framing));
  it.take_body(10);
  const std::uint64_t most = earlier + besides::most_framing + 10 * besides::framing_a_byte;
  cr_assert(it.take_reading(most));
  cr_assert(not(it.take_reading(most + 1)));
  cr_assert(contains(it.excess(), "262785 bytes came for 10"), "%s", it.excess().c_str());
}
