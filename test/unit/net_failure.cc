// Whatever an endpoint does, the caller is told, and the next request does not suffer.
#include "test/unit/net_world.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

// One request to a server with this script; then one that is answered well, unless nobody listens.
net::reply meet(scripted_server::request_script script, net::transport_config config = {}) {
  world w;
  w.server->on_request = std::move(script);
  config.endpoints = {w.server->url()};
  w.open(config);
  net::reply met = w.ask();
  w.answer_all();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(sz, w.heard.replies.size(), 2));
  if (met.delivery != delivery::answered) {
    cr_assert(not(met.failure.empty()));
    cr_assert(met.body.empty());
  }
  w.finish();
  return met;
}

// A network of this process's own, in which the system has one port to give. False where that is
// not allowed.
bool alone_with_one_port(int port) {
  if (unshare(CLONE_NEWNET) != 0) return false;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  ifreq loopback{"lo", {}};
  loopback.ifr_flags = IFF_UP;
  const bool up = ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
  close(fd);
  const std::string range = std::to_string(port) + " " + std::to_string(port);
  const int file = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY);
  const bool set = write(file, range.data(), range.size()) == static_cast<ssize_t>(range.size());
  close(file);
  return up && set;
}

}  // namespace

Test(net_failure, refused_is_certainly_not_sent) {
  world w;
  w.server->refuse();
  w.open();
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
  cr_assert(contains(r.failure, "refused"), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "--listen-client-urls"), "%s", r.failure.c_str());
  w.server->listen_again();
  w.answer_all();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  w.finish();
}

Test(net_failure, a_lack_of_descriptors_is_named_and_ends_with_it) {
#ifdef __SANITIZE_ADDRESS__
  cr_skip_test("the sanitizers look at memory through a pipe, and take it for bad without one");
#endif
  world w;
  w.open();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{0, before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  net::reply r = w.ask();
  setrlimit(RLIMIT_NOFILE, &before);
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
  cr_assert(contains(r.failure, "no descriptor left"), "%s", r.failure.c_str());
  w.answer_all();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  w.finish();
}

// On loopback a connect to a port that nobody listens on can meet itself. What is sent comes back.
Test(net_failure, a_connection_to_itself_is_refused_and_named) {
  world w;  // its server is not in that network
  if (!alone_with_one_port(40001)) cr_skip_test("this host allows no network of our own");
  net::transport_config config;
  config.endpoints = {"http://127.0.0.1:40001"};
  w.open(config);
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "nothing listens there"), "%s", r.failure.c_str());
  w.finish();
}

Test(net_failure, a_reset_after_the_request_may_have_been_executed) {
  net::reply r = meet([](peer& p, const http_request&) { p.reset(); });
  cr_assert(eq(type(delivery), r.delivery, delivery::broken));
  cr_assert(contains(r.failure, "reset"), "%s", r.failure.c_str());
}

Test(net_failure, an_end_without_an_answer_is_broken_and_hints_at_tls) {
  net::reply r = meet([](peer& p, const http_request&) { p.close(); });
  cr_assert(eq(type(delivery), r.delivery, delivery::broken));
  cr_assert(contains(r.failure, "https://"), "%s", r.failure.c_str());
}

Test(net_failure, half_an_answer_is_broken_wherever_it_ends) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 4\r\n\r\n{\"a\"";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    net::reply r = meet([&](peer& p, const http_request&) {
      p.write(whole.substr(0, length));
      p.close();
    });
    const bool garbage = length > 0 && length < 5;  // not even "HTTP/"
    cr_assert(eq(type(delivery), r.delivery, garbage ? r.delivery : delivery::broken), "%zu: %s",
              length, r.failure.c_str());
    cr_assert(ne(type(delivery), r.delivery, delivery::answered));
  }
}

Test(net_failure, a_chunked_answer_without_its_end_is_broken) {
  net::reply r = meet([](peer& p, const http_request&) {
    p.begin_chunks();
    p.chunk("{\"a\":1}");
    p.close();
  });
  cr_assert(eq(type(delivery), r.delivery, delivery::broken));
}

Test(net_failure, bad_chunks_are_broken) {
  net::reply r = meet([](peer& p, const http_request&) {
    p.begin_chunks();
    p.write("zz\r\n{}\r\n");
  });
  cr_assert(eq(type(delivery), r.delivery, delivery::broken));
}

Test(net_failure, what_is_not_http_is_called_so) {
  net::reply r = meet([](peer& p, const http_request&) {
    p.write("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
    p.close();
  });
  cr_assert(eq(type(delivery), r.delivery, delivery::bad_http));
  cr_assert(contains(r.failure, "HTTP"), "%s", r.failure.c_str());
  cr_assert(contains(r.failure, "gRPC only"), "%s", r.failure.c_str());
}

Test(net_failure, an_answer_announced_as_too_large_is_not_read) {
  net::transport_config c;
  c.max_answer = 1000;
  net::reply r = meet(
      [](peer& p, const http_request&) {
        p.write("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
        p.flood(1001);
      },
      c);
  cr_assert(eq(type(delivery), r.delivery, delivery::too_large));
  cr_assert(contains(r.failure, "1000 bytes"), "%s", r.failure.c_str());
}

Test(net_failure, an_answer_of_just_the_limit_is_taken) {
  net::transport_config c;
  c.max_answer = 1000;
  net::reply r = meet([](peer& p, const http_request&) { p.answer(std::string(1000, 'x')); }, c);
  cr_assert(eq(type(delivery), r.delivery, delivery::answered));
  cr_assert(eq(sz, r.body.size(), 1000));
}

Test(net_failure, an_endless_answer_is_ended_at_the_limit) {
  net::transport_config c;
  c.max_answer = 1 << 20;
  net::reply r = meet(
      [](peer& p, const http_request&) {
        p.write("HTTP/1.1 200 OK\r\n\r\n");  // until the connection ends
        p.flood(100u << 20);
      },
      c);
  cr_assert(eq(type(delivery), r.delivery, delivery::too_large));
}

Test(net_failure, endless_headers_end) {
  net::reply r = meet([](peer& p, const http_request&) {
    p.write("HTTP/1.1 200 OK\r\nX-Long: ");
    p.flood(100u << 20);
  });
  cr_assert(eq(type(delivery), r.delivery, delivery::broken), "%s", r.failure.c_str());
}

// One that goes with its headers, and one that is sent in pieces.
const std::string bodies[] = {"{}", std::string(100000, 'x')};

Test(net_failure, a_dead_pooled_connection_is_not_used_again) {
  for (const std::string& body : bodies) {
    for (const bool reset : {false, true}) {
      world w;
      w.answer_all();
      w.open();
      w.ask();
      reset ? w.server->at(0).reset() : w.server->at(0).close();
      w.until([&] { return w.server->open_connections() == 0; });
      net::reply r = w.ask(body);
      cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%s", r.failure.c_str());
      cr_assert(eq(sz, w.server->accepted(), 2));
      cr_assert(eq(sz, w.server->requests().size(), 2));
      w.finish();
    }
  }
}

Test(net_failure, a_request_on_a_connection_that_dies_is_not_silently_repeated) {
  for (const std::string& body : bodies) {
    for (const bool reset : {false, true}) {
      world w;
      w.answer_all();
      w.open();
      w.ask();
      // The connection is reused, takes the request and dies without a byte. Left to itself, curl
      // would send again.
      w.server->on_request = [reset](peer& p, const http_request&) {
        reset ? p.reset() : p.close();
      };
      net::reply r = w.ask(body);
      cr_assert(eq(type(delivery), r.delivery, delivery::broken), "%s", r.failure.c_str());
      cr_assert(eq(sz, w.server->requests().size(), 2));
      cr_assert(eq(sz, w.server->accepted(), 1));
      w.answer_all();
      // curl would have rewound the body to repeat it; nothing of that is left in its handle.
      for (const std::string& next : {bodies[1], bodies[0], bodies[1]}) {
        cr_assert(eq(type(delivery), w.ask(next).delivery, delivery::answered));
      }
      w.finish();
    }
  }
}

Test(net_failure, a_connection_that_dies_while_nobody_listens_any_more_is_broken_not_unsent) {
  world w;
  w.answer_all();
  w.open();
  w.ask();
  w.server->on_request = [&](peer& p, const http_request&) {
    w.server->refuse();
    p.reset();
  };
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::broken));
  w.finish();
}

Test(net_failure, a_connect_that_nobody_answers_ends_at_its_time_limit) {
  // A listener whose queue is full drops what comes: the kernel's own black hole.
  world w;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  cr_assert(eq(int, bind(fd, reinterpret_cast<sockaddr*>(&here), size), 0));
  cr_assert(eq(int, listen(fd, 0), 0));
  getsockname(fd, reinterpret_cast<sockaddr*>(&here), &size);
  const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  cr_assert(eq(int, connect(filler, reinterpret_cast<sockaddr*>(&here), size), 0));
  net::transport_config c;
  c.endpoints = {"http://127.0.0.1:" + std::to_string(ntohs(here.sin_port))};
  c.connect_timeout = std::chrono::milliseconds(50);
  w.open(c);
  w.send(1);
  w.send(2);  // the last to end by its time-out must be reported as well
  w.until_replies(2);
  net::reply r = w.heard.replies[1].reply;
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
  cr_assert(contains(r.failure, "50 ms"), "%s", r.failure.c_str());
  w.finish();
  close(fd);
  close(filler);
}

Test(net_failure, tls_where_none_is_spoken_says_so) {
  world w;
  w.server->on_connect = [](peer& p) {
    p.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    p.close();
  };
  net::transport_config c;
  c.endpoints = {"https://127.0.0.1:" + std::to_string(w.server->port())};
  w.open(c);
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
  cr_assert(contains(r.failure, "http://"), "%s", r.failure.c_str());
  w.finish();
}

Test(net_failure, an_endpoint_that_is_not_configured_is_answered_too) {
  world w;
  w.open();
  w.send(1, "{}", 17);
  w.until_replies(1);
  cr_assert(eq(type(delivery), w.heard.replies[0].reply.delivery, delivery::not_sent));
  w.finish();
}

Test(net_failure, descriptors_come_and_go_ten_thousand_times) {
  world w;
  w.open();
  w.answer_all();
  w.ask();
  w.server->drop_all();
  w.until([&] { return w.server->open_connections() == 0; });
  w.ask();  // what is opened lazily is open now, one idle connection among it
  std::size_t before = open_descriptors();
  for (int i = 0; i < 10000; ++i) {
    // Reset at each stage: at once, on the request, in the headers, in the body. Then refused.
    w.server->on_connect = nullptr;
    switch (i % 5) {
      case 0: w.server->on_connect = [](peer& p) { p.reset(); }; [[fallthrough]];
      case 1: w.server->on_request = [](peer& p, const http_request&) { p.reset(); }; break;
      case 2:
        w.server->on_request = [](peer& p, const http_request&) {
          p.write("HTTP/1.1 200 OK\r\nConte");
          p.close();
        };
        break;
      case 3:
        w.server->on_request = [](peer& p, const http_request&) {
          p.begin_chunks();
          p.chunk("{}");
          p.close();
        };
        break;
      default: w.server->refuse();
    }
    cr_assert(ne(type(delivery), w.ask().delivery, delivery::answered));
    w.server->listen_again();
  }
  w.server->on_connect = nullptr;
  w.answer_all();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  w.until([&] { return w.server->open_connections() == 1; });
  cr_assert(eq(sz, open_descriptors(), before));
  w.finish();
}
