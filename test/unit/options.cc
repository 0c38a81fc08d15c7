// session::open: every option refused by name before anything is started, and a good set taken.
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <sys/stat.h>
#include <uv.h>

#include <cstdio>
#include <functional>
#include <string>

#include "tenure/session.hpp"

using tenure::errc;
using tenure::error;
using tenure::milliseconds;
using tenure::session;
using tenure::session_options;

namespace {

session_options good() {
  session_options o;
  o.endpoints = {"http://127.0.0.1:2379"};
  o.app = "app";
  o.instance = "one";
  return o;
}

struct loop_host {
  uv_loop_t loop{};
  loop_host() { uv_loop_init(&loop); }
  ~loop_host() {
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_assert(eq(int, uv_loop_close(&loop), 0));
  }
  loop_host(const loop_host&) = delete;
  loop_host& operator=(const loop_host&) = delete;
};

// A file with this content, gone at the end.
struct file {
  std::string path;
  explicit file(const std::string& content) {
    char name[] = "/tmp/tenure-options-XXXXXX";
    const int fd = mkstemp(name);
    path = name;
    std::FILE* f = fdopen(fd, "w");
    std::fwrite(content.data(), 1, content.size(), f);
    std::fclose(f);
  }
  ~file() { std::remove(path.c_str()); }
  file(const file&) = delete;
  file& operator=(const file&) = delete;
};

struct refusal {
  std::function<void(session_options&)> spoil;
  errc code;
  const char* says;
};

const refusal refusals[] = {
    {[](auto& o) { o.endpoints.clear(); }, errc::invalid_argument, "endpoints: 0"},
    {[](auto& o) { o.endpoints.assign(65, "http://h"); }, errc::invalid_argument, "endpoints: 65"},
    {[](auto& o) { o.endpoints.push_back("ftp://h"); }, errc::invalid_argument, "ftp://h"},
    {[](auto& o) { o.endpoints = {""}; }, errc::invalid_argument, ""},
    {[](auto& o) { o.discovery_srv = "example.com"; }, errc::invalid_argument, "both given"},
    {[](auto& o) { o.discovery_srv_name = "red"; }, errc::invalid_argument, "give discovery_srv"},
    {[](auto& o) { o.insecure_discovery = true; }, errc::invalid_argument, "give discovery_srv"},
    {[](auto& o) {
       o.endpoints.clear();
       o.discovery_srv = "http://example.com";
     },
     errc::invalid_argument, "discovery_srv must be a domain's name"},
    {[](auto& o) {
       o.endpoints.clear();
       o.discovery_srv = "a..b";
     },
     errc::invalid_argument, "discovery_srv must be a domain's name"},
    {[](auto& o) {
       o.endpoints.clear();
       o.discovery_srv = "example.com";
       o.discovery_srv_name = "a.b";
     },
     errc::invalid_argument, "discovery_srv_name must be"},
    {[](auto& o) { o.app = ""; }, errc::invalid_argument, "app"},
    {[](auto& o) { o.app = "a/leader"; }, errc::invalid_argument, "app"},
    {[](auto& o) { o.instance = ""; }, errc::invalid_argument, "instance"},
    {[](auto& o) { o.auth.password = "swordfish"; }, errc::invalid_argument,
     "password without a user"},
    {[](auto& o) { o.auth.ask_password = [] { return std::string(); }; }, errc::invalid_argument,
     "password without a user"},
    {[](auto& o) {
       o.auth = {"u", "swordfish", "/tmp/f", {}};
     },
     errc::invalid_argument, "only one of password, password_file and ask_password"},
    {[](auto& o) {
       o.auth = {"u", {}, "/tmp", {}};
     },
     errc::invalid_argument, "auth.password_file /tmp is not a regular file"},
    {[](auto& o) {
       o.endpoints = {"https://u:pa", "swordfish@h"};
     },
     errc::invalid_argument, "an endpoint has a user or password in it"},
    {[](auto& o) { o.endpoints = {"unix:///" + std::string(107, 'a')}; }, errc::invalid_argument,
     "107 at most"},
    {[](auto& o) { o.tls.cert_file = "/tmp/c"; }, errc::invalid_argument, "cert_file and key_file"},
    {[](auto& o) { o.tls.key_file = "/tmp/k"; }, errc::invalid_argument, "cert_file and key_file"},
    {[](auto& o) { o.tls.ca_file = "/nonexistent/ca.pem"; }, errc::invalid_argument,
     "/nonexistent/ca.pem"},
    {[](auto& o) { o.tls.ca_file = "/tmp"; }, errc::invalid_argument,
     "tls.ca_file /tmp is not a regular file"},
    {[](auto& o) { o.tls.server_name = "a b"; }, errc::invalid_argument, "tls.server_name"},
    {[](auto& o) { o.tls.server_name = std::string(254, 'a'); }, errc::invalid_argument,
     "tls.server_name"},
    {[](auto& o) { o.tls.warn_days = -1; }, errc::invalid_argument, "tls.warn_days is -1"},
    {[](auto& o) { o.tls.warn_days = 3651; }, errc::invalid_argument, "tls.warn_days is 3651"},
    {[](auto& o) { o.ttl = milliseconds(1000); }, errc::invalid_argument, "ttl is 1000 ms"},
    {[](auto& o) { o.ttl = milliseconds(2500); }, errc::invalid_argument, "whole seconds"},
    {[](auto& o) { o.ttl = milliseconds(0); }, errc::invalid_argument, "ttl is 0 ms"},
    {[](auto& o) { o.ttl = milliseconds(-10000); }, errc::invalid_argument, "ttl is -10000 ms"},
    {[](auto& o) { o.ttl = milliseconds(301000); }, errc::invalid_argument, "ttl is 301000 ms"},
    {[](auto& o) { o.reassure_interval = milliseconds(99); }, errc::invalid_argument,
     "reassure_interval is 99 ms"},
    {[](auto& o) { o.reassure_timeout = milliseconds(10001); }, errc::invalid_argument,
     "reassure_timeout is 10001 ms"},
    {[](auto& o) { o.stop_grace = milliseconds(-1); }, errc::invalid_argument,
     "stop_grace is -1 ms"},
    {[](auto& o) { o.margin = milliseconds(29); }, errc::invalid_argument,
     "margin is 29 ms, but must be from 30 ms"},
    {[](auto& o) { o.jeopardy_after = milliseconds(0); }, errc::invalid_argument,
     "jeopardy_after is 0 ms"},
    {[](auto& o) { o.request_timeout = milliseconds(99); }, errc::invalid_argument,
     "request_timeout is 99 ms"},
    {[](auto& o) { o.retry_delay = milliseconds(9); }, errc::invalid_argument,
     "retry_delay is 9 ms"},
    {[](auto& o) {
       o.reassure_interval = milliseconds(10000);
       o.reassure_timeout = milliseconds(5000);
     },
     errc::unsafe_timing, "reassure_interval 10000 ms + reassure_timeout 5000 ms"},
};

}  // namespace

Test(options, every_bad_one_is_refused_with_its_name_and_nothing_is_left_behind) {
  loop_host h;
  for (const refusal& r : refusals) {
    session_options o = good();
    r.spoil(o);
    session s;
    const error e = s.open(&h.loop, o);
    cr_assert(e.code == r.code, "%s: %s", r.says, e.message.c_str());
    cr_assert(e.message.find(r.says) != std::string::npos, "%s lacks %s", e.message.c_str(),
              r.says);
    cr_assert(e.message.find("swordfish") == std::string::npos);
    cr_assert(not(s.is_open()));
    cr_assert(not(s.close()));
  }
  cr_assert(eq(int, uv_loop_alive(&h.loop), 0));
}

Test(options, milliseconds_beyond_all_limits_are_refused_and_do_not_overflow) {
  loop_host h;
  const std::function<void(session_options&, milliseconds)> each[] = {
      [](auto& o, milliseconds v) { o.ttl = v; },
      [](auto& o, milliseconds v) { o.reassure_interval = v; },
      [](auto& o, milliseconds v) { o.reassure_timeout = v; },
      [](auto& o, milliseconds v) { o.stop_grace = v; },
      [](auto& o, milliseconds v) { o.margin = v; },
      [](auto& o, milliseconds v) { o.jeopardy_after = v; },
      [](auto& o, milliseconds v) { o.request_timeout = v; },
      [](auto& o, milliseconds v) { o.retry_delay = v; },
  };
  for (const auto& set : each) {
    for (const milliseconds value :
         {milliseconds::max(), milliseconds::min(), milliseconds(INT64_MAX / 1'000'000)}) {
      session_options o = good();
      set(o, value);
      session s;
      cr_assert(s.open(&h.loop, o).code == errc::invalid_argument);
    }
  }
}

Test(options, a_file_that_is_no_pem_is_refused_without_its_content) {
  loop_host h;
  const file secret("swordfish");
  session_options o = good();
  o.tls.ca_file = secret.path;
  session s;
  const error e = s.open(&h.loop, o);
  cr_assert(e.code == errc::invalid_argument);
  cr_assert(e.message.find(secret.path) != std::string::npos);
  cr_assert(e.message.find("swordfish") == std::string::npos);
}

Test(options, a_file_may_be_large_but_not_without_a_bound) {
  loop_host h;
  session_options o = good();
  session s;
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const file large(begin + std::string(4u << 20, '#'));
  o.tls.ca_file = large.path;
  const error e = s.open(&h.loop, o);
  cr_assert(e.code == errc::invalid_argument);
  cr_assert(e.message.find("is larger than 4 MiB") != std::string::npos, "%s", e.message.c_str());
  const file fits(begin + std::string((4u << 20) - begin.size(), '#'));
  o.tls.ca_file = fits.path;  // it is not looked into for http://
  cr_assert(s.open(&h.loop, o).code == errc::ok);
  s.close();
}

Test(options, certificates_that_an_endpoint_does_not_use_are_warned_of_with_the_remedy) {
  loop_host h;
  const file pem("-----BEGIN CERTIFICATE-----\n");
  session_options o = good();
  o.endpoints = {"http://127.0.0.1:1", "unix:///run/etcd"};
  o.tls.ca_file = pem.path;
  std::string warnings;
  tenure::session_events e;
  e.warning = [&](const std::string& what) { warnings += what + "\n"; };
  session s;
  cr_assert(s.open(&h.loop, o, e).code == errc::ok);
  uv_run(&h.loop, UV_RUN_NOWAIT);
  uv_run(&h.loop, UV_RUN_NOWAIT);
  cr_assert(eq(type(std::string), warnings,
               std::string("the certificates are not used for http://127.0.0.1:1: write the "
                           "endpoint with https://\n"
                           "the certificates are not used for unix:///run/etcd: write the "
                           "endpoint with unixs://\n")));
  s.close();
}

Test(options, a_fifo_for_a_file_is_refused_and_not_waited_for) {
  loop_host h;
  const file place("");
  const std::string fifo = place.path + ".fifo";
  cr_assert(zero(int, mkfifo(fifo.c_str(), 0600)));
  session_options o = good();
  o.tls.ca_file = fifo;
  session s;
  const error e = s.open(&h.loop, o);
  std::remove(fifo.c_str());
  cr_assert(e.code == errc::invalid_argument);
  cr_assert(e.message.find("is not a regular file") != std::string::npos, "%s", e.message.c_str());
}

Test(options, without_a_loop_nothing_is_opened) {
  session s;
  cr_assert(s.open(nullptr, good()).code == errc::invalid_argument);
}

Test(options, a_good_set_is_taken_once_and_keeps_the_loop_until_it_is_closed) {
  loop_host h;
  session s;
  cr_assert(s.open(&h.loop, good()).code == errc::ok);
  cr_assert(s.is_open());
  cr_assert(s.open(&h.loop, good()).code == errc::wrong_state);
  cr_assert(ne(int, uv_loop_alive(&h.loop), 0));
  cr_assert(eq(u64, +s.stats().requests, 0), "no packet before somebody stands");
  bool closed = false;
  cr_assert(s.close([&] { closed = true; }));
  cr_assert(not(closed));
  uv_run(&h.loop, UV_RUN_DEFAULT);
  cr_assert(closed);
}

Test(options, a_refused_session_can_be_opened_with_better_ones) {
  loop_host h;
  session s;
  session_options o = good();
  o.ttl = milliseconds(1);
  cr_assert(s.open(&h.loop, o).code == errc::invalid_argument);
  cr_assert(s.open(&h.loop, good()).code == errc::ok);
  cr_assert(s.close());
}
