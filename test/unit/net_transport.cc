#include "test/unit/net_world.hpp"

#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

using namespace tenure;
using namespace tenure::test;
using net::delivery;

Test(net_transport, carries_a_request_and_its_answer) {
  world w;
  w.answer_all("{\"header\":{}}");
  w.open();
  w.send(7, "{\"key\":\"YQ==\"}");
  w.until_replies(1);
  told& t = w.heard.replies[0];
  cr_assert(eq(u64, t.number, 7));
  cr_assert(eq(type(delivery), t.reply.delivery, delivery::answered));
  cr_assert(eq(long, t.reply.http_status, 200));
  cr_assert(eq(type(std::string), t.reply.body, std::string("{\"header\":{}}")));
  cr_assert(eq(type(std::string), t.reply.failure, std::string()));
  http_request r = w.server->requests()[0];
  cr_assert(eq(type(std::string), r.method, std::string("POST")));
  cr_assert(eq(type(std::string), r.path, std::string("/v3/kv/range")));
  cr_assert(eq(type(std::string), r.body, std::string("{\"key\":\"YQ==\"}")));
  w.finish();
}

Test(net_transport, sends_the_headers_that_are_promised_and_no_others_of_ours) {
  world w;
  w.answer_all();
  w.open();
  w.send(1, std::string(3 << 20, 'x'), 0, "secret.17",
         1500);  // curl would announce such a body with Expect
  w.send(2);
  w.until_replies(2);
  for (http_request r : w.server->requests()) {
    const bool first = r.body.size() > 2;
    cr_assert(eq(type(std::string), r.header("Content-Type"), std::string("application/json")));
    cr_assert(eq(type(std::string), r.header("Grpc-Metadata-hasleader"), std::string("true")));
    cr_assert(
        eq(type(std::string), r.header("Authorization"), std::string(first ? "secret.17" : "")));
    cr_assert(eq(type(std::string), r.header("Grpc-Timeout"), std::string(first ? "1500m" : "")));
    cr_assert(not(r.has_header("Expect")));
    cr_assert(not(r.has_header("Connection")));
    cr_assert(not(r.has_header("Transfer-Encoding")));
    cr_assert(not(r.has_header("Accept-Encoding")));
    cr_assert(contains(r.head, " HTTP/1.1\r\n"));
  }
  w.finish();
}

Test(net_transport, changes_token_and_timeout_from_one_request_to_the_next) {
  world w;
  w.answer_all();
  w.open();
  const char* tokens[] = {"a", "a", "b", ""};
  for (const char* token : tokens) {
    w.send(1, "{}", 0, token, *token == 'b' ? 0 : 20);
    w.until_replies(w.server->requests().size() + 1);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    cr_assert(eq(type(std::string), w.server->requests()[i].header("Authorization"),
                 std::string(tokens[i])));
    cr_assert(eq(type(std::string), w.server->requests()[i].header("Grpc-Timeout"),
                 std::string(i == 2 ? "" : "20m")));
  }
  w.finish();
}

Test(net_transport, refuses_a_token_that_would_add_a_header) {
  world w;
  w.answer_all();
  w.open();
  w.send(1, "{}", 0, "t\r\nX-Evil: 1");
  w.until_replies(1);
  cr_assert(eq(type(delivery), w.heard.replies[0].reply.delivery, delivery::not_sent));
  cr_assert(not(contains(w.heard.replies[0].reply.failure, "Evil")));
  cr_assert(eq(sz, w.server->accepted(), 0));
  w.finish();
}

Test(net_transport, ignores_proxies_and_netrc_in_the_environment) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  setenv("all_proxy", "socks5://127.0.0.1:1", 1);
  char home[] = "/tmp/net_netrc_XXXXXX";
  cr_assert(ne(ptr, mkdtemp(home), nullptr));
  const std::string netrc = std::string(home) + "/.netrc";
  FILE* file = fopen(netrc.c_str(), "w");
  fputs("machine 127.0.0.1 login somebody password something\n", file);
  fclose(file);
  setenv("HOME", home, 1);
  world w;
  w.answer_all();
  w.open();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(not(w.server->requests()[0].has_header("Authorization")));
  w.finish();
  unlink(netrc.c_str());
  rmdir(home);
}

Test(net_transport, does_not_follow_redirects) {
  world w;
  w.server->on_request = [&](peer& p, const http_request&) {
    p.answer("moved", 301, "Location: " + w.server->url() + "/elsewhere\r\n");
  };
  w.open();
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::answered));
  cr_assert(eq(long, r.http_status, 301));
  cr_assert(eq(sz, w.server->requests().size(), 1));
  w.finish();
}

Test(net_transport, uses_one_connection_for_one_request_after_the_other) {
  world w;
  w.answer_all();
  w.open();
  for (int i = 0; i < 50; ++i) cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(sz, w.server->accepted(), 1));
  w.finish();
}

Test(net_transport, carries_many_at_once_and_answers_each_once) {
  world w;
  w.server->on_request = [](peer& p, const http_request& r) { p.answer(r.body); };
  w.open();
  for (std::uint64_t i = 0; i < 200; ++i) w.send(i, std::to_string(i));
  w.until_replies(200);
  std::vector<int> seen(200, 0);
  for (told& t : w.heard.replies) {
    cr_assert(eq(type(std::string), t.reply.body, std::to_string(t.number)));
    ++seen[t.number];
  }
  for (int count : seen) cr_assert(eq(int, count, 1));
  w.finish();
}

Test(net_transport, carries_a_body_of_any_size_whole) {
  world w;
  w.server->on_request = [](peer& p, const http_request& r) { p.answer(r.body); };
  w.open();
  for (const std::size_t size :
       {1u, 16383u, 16384u, 16385u, 65535u, 65536u, 65537u, 3000000u, 2u}) {
    std::string body(size, '\0');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i * i % 23);
    net::reply r = w.ask(body);
    cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%zu: %s", size,
              r.failure.c_str());
    cr_assert(r.body == body, "%zu", size);
  }
  cr_assert(eq(sz, w.server->accepted(), 1));
  w.finish();
}

Test(net_transport, takes_an_answer_that_does_not_wait_for_the_end_of_the_request) {
  world w;
  w.server->on_connect = [](peer& p) { p.answer("too large", 413); };
  w.open();
  net::reply r = w.ask(std::string(3000000, 'x'));
  cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%s", r.failure.c_str());
  cr_assert(eq(long, r.http_status, 413));
  cr_assert(eq(type(std::string), r.body, std::string("too large")));
  w.finish();
}

Test(net_transport, takes_an_answer_that_is_split_anywhere) {
  world w;
  w.server->on_request = [](peer& p, const http_request&) {
    p.write_slowly(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
        1);
  };
  w.open();
  cr_assert(eq(type(std::string), w.ask().body, std::string("{\"a\":1}")));
  w.finish();
}

Test(net_transport, gives_html_and_other_statuses_as_they_are) {
  world w;
  w.server->on_request = [](peer& p, const http_request&) {
    p.answer("<html>Bad gateway</html>", 502);
  };
  w.open();
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::answered));
  cr_assert(eq(long, r.http_status, 502));
  cr_assert(eq(type(std::string), r.body, std::string("<html>Bad gateway</html>")));
  w.finish();
}

Test(net_transport, skips_an_interim_answer) {
  world w;
  w.server->on_request = [](peer& p, const http_request&) {
    p.write("HTTP/1.1 100 Continue\r\n\r\n");
    p.answer("{}", 503);
  };
  w.open();
  net::reply r = w.ask();
  cr_assert(eq(long, r.http_status, 503));
  cr_assert(eq(type(std::string), r.body, std::string("{}")));
  w.finish();
}

Test(net_transport, an_aborted_call_is_silent_wherever_it_was) {
  world w;
  w.open();
  w.carrier->abort(99);  // unknown
  w.send(1);
  w.carrier->abort(1);  // not even begun
  w.send(2);
  w.until([&] { return w.server->requests().size() == 1; });
  w.carrier->abort(2);  // waiting for the answer
  w.until([&] { return w.server->open_connections() == 0; });
  w.answer_all();
  w.send(3);
  w.until_replies(1);
  cr_assert(eq(u64, w.heard.replies[0].number, 3));
  w.carrier->abort(3);  // over
  w.finish();
  cr_assert(eq(sz, w.heard.replies.size(), 1));
}

Test(net_transport, calls_may_be_made_from_the_receiver) {
  world w;
  w.answer_all();
  w.open();
  w.heard.on_reply = [&](std::uint64_t number, const net::reply&) {
    if (number < 20) w.send(number + 1);
    w.carrier->abort(number);
  };
  w.send(1);
  w.until_replies(20);
  cr_assert(eq(u64, w.heard.replies.back().number, 20));
  w.finish();
}

Test(net_transport, a_reply_that_is_ready_is_not_told_once_it_is_aborted) {
  world w;
  w.server->refuse();
  w.open();
  for (std::uint64_t i = 0; i < 10; ++i) w.send(i);
  w.heard.on_reply = [&](std::uint64_t number, const net::reply&) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      if (i != number) w.carrier->abort(i);
    }
  };
  w.until_replies(1);
  w.finish();
  cr_assert(eq(sz, w.heard.replies.size(), 1));
}

Test(net_transport, a_number_may_be_used_again_from_within_its_reply) {
  world w;
  w.answer_all();
  w.open();
  int left = 30;
  w.heard.on_reply = [&](std::uint64_t, const net::reply&) {
    if (left-- > 0) w.send(5);
  };
  w.send(5);
  w.until([&] { return left < 0; });
  cr_assert(eq(sz, w.heard.replies.size(), 31));
  w.finish();
}

Test(net_transport, refuses_to_open_with_what_cannot_work) {
  uv_loop_t loop;
  cr_assert(eq(int, uv_loop_init(&loop), 0));
  recorder heard;
  const auto refused = [&](net::transport_config config) {
    net::transport t;
    tenure::turn turn;
    const error e = t.open(&loop, std::move(config), heard, turn);
    cr_assert(eq(int, int(e.code), int(errc::invalid_argument)));
    cr_assert(not(e.message.empty()));
    cr_assert(not(contains(e.message, "hunter2")));
  };
  net::transport_config c;
  refused(c);
  c.endpoints = {"http://127.0.0.1:2379", "https://root:hunter2@127.0.0.1"};
  refused(c);
  c.endpoints = {"https://127.0.0.1"};
  c.tls.ca = "hunter2";
  refused(c);
  c.tls.ca = "";
  c.tls.cert = "-----BEGIN CERTIFICATE-----\nhunter2\n";
  refused(c);
  c.tls.key = "hunter2";
  refused(c);
  c.tls.key = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nhunter2\n";
  refused(c);
  c.tls = {};
  c.connect_timeout = std::chrono::milliseconds(0);
  refused(c);
  c.connect_timeout = std::chrono::milliseconds(1);
  c.max_answer = 0;
  refused(c);
  cr_assert(eq(int, uv_loop_close(&loop), 0));
}

Test(net_transport, an_idle_transport_does_not_keep_the_loop_alive) {
  world w;
  w.answer_all();
  w.open();
  w.ask();
  w.server->close();
  uv_run(&w.loop, UV_RUN_DEFAULT);  // returns
  w.finish();
}

Test(net_transport, has_only_descriptors_that_a_child_does_not_inherit) {
  const auto inherited = [] {
    int count = 0;
    for (int fd = 0; fd < 1024; ++fd) {
      const int flags = fcntl(fd, F_GETFD);
      if (flags >= 0 && (flags & FD_CLOEXEC) == 0) ++count;
    }
    return count;
  };
  int before = inherited();
  world w;
  w.server->on_request = [](peer& p, const http_request& r) {
    if (r.path != "/v3/watch") p.answer("{}");
  };
  w.open();
  w.ask();
  w.open_stream(1, true);
  w.until([&] { return w.server->requests().size() == 2; });
  cr_assert(eq(int, inherited(), before));
  w.finish();
}

Test(net_transport, a_receiver_that_tries_again_at_once_does_not_starve_the_loop) {
  world w;
  w.open();
  std::size_t replies = 0;
  w.heard.on_reply = [&](std::uint64_t, const net::reply&) {
    cr_assert(lt(sz, ++replies, 10000), "the loop did not turn");
    w.heard.replies.clear();
    w.send(1, "{}", 17);  // fails at once
  };
  w.send(1, "{}", 17);
  int turns = 0;
  uv_check_t each;
  each.data = &turns;
  uv_check_init(&w.loop, &each);
  uv_check_start(&each, [](uv_check_t* handle) { ++*static_cast<int*>(handle->data); });
  w.until([&] { return turns > 20 && replies > 5; });
  uv_close(reinterpret_cast<uv_handle_t*>(&each), nullptr);
  w.finish();
}
