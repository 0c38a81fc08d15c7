// Names: resolved off the loop's thread and never by curl. This file replaces getaddrinfo for the
// whole program: libuv's and curl's calls of it both come here.
#include "test/unit/net_world.hpp"

#include <condition_variable>
#include <map>
#include <mutex>

#include <dlfcn.h>
#include <netdb.h>

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

// What the tests let a name server say. Asked from libuv's threads.
class name_server {
 public:
  void set(const std::string& name, std::vector<std::string> addresses) {
    const std::lock_guard lock(mutex_);
    known_[name] = std::move(addresses);
  }
  void hang() {
    const std::lock_guard lock(mutex_);
    hanging_ = true;
  }
  void go_on() {
    const std::lock_guard lock(mutex_);
    hanging_ = false;
    changed_.notify_all();
  }
  int asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  // Nothing if this name is none of ours.
  bool answer(const char* name, std::vector<std::string>& addresses) {
    std::unique_lock lock(mutex_);
    const std::string text = name;
    const bool invalid = text.size() > 8 && text.substr(text.size() - 8) == ".invalid";
    if (!invalid && known_.count(text) == 0) return false;
    ++asked_;
    changed_.wait(lock, [this] { return !hanging_; });
    if (!invalid) addresses = known_[text];
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<std::string>> known_;
  bool hanging_ = false;
  int asked_ = 0;
};

name_server dns;

using resolve_function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

}  // namespace

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** out) {
  static const auto real = reinterpret_cast<resolve_function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  std::vector<std::string> addresses;
  if (name == nullptr || !dns.answer(name, addresses)) return real(name, service, hints, out);
  if (addresses.empty()) return EAI_NONAME;
  addrinfo** end = out;
  for (const std::string& each : addresses) {
    const int failed = real(each.c_str(), service, hints, end);
    if (failed != 0) return failed;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return 0;
}

namespace {

struct named_world : world {
  net::transport_config config;
  explicit named_world(const std::string& name = "etcd.test") {
    config.endpoints = {server->url(name)};
    answer_all();
  }
};

}  // namespace

Test(net_resolver, reaches_an_endpoint_by_its_name_and_keeps_the_name) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  for (int i = 0; i < 5; ++i) cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(type(std::string), w.server->requests()[0].header("Host"),
               w.server->url("etcd.test").substr(7)));
  cr_assert(eq(int, dns.asked(), 1));  // also: curl has not asked
  w.finish();
}

Test(net_resolver, asks_nobody_for_a_literal_address) {
  world w;
  dns.set("127.0.0.1", {"127.0.0.9"});
  w.answer_all();
  w.open();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(int, dns.asked(), 0));
  w.finish();
}

Test(net_resolver, takes_localhost_and_names_with_a_dot_at_the_end_or_capitals) {
  for (const char* name : {"localhost", "etcd.test.", "Etcd.TEST"}) {
    named_world w(name);
    dns.set("localhost", {"::1", "127.0.0.1"});
    dns.set("etcd.test.", {"127.0.0.1"});
    dns.set("Etcd.TEST", {"127.0.0.1"});
    dns.set("etcd.test", {"127.0.0.1"});
    const int before = dns.asked();
    w.open(w.config);
    net::reply r = w.ask();
    cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%s: %s", name,
              r.failure.c_str());
    cr_assert(eq(int, dns.asked() - before, 1), "%s", name);
    w.finish();
  }
}

Test(net_resolver, a_name_without_an_address_is_not_sent_and_named) {
  named_world w("no-such.invalid");
  w.open(w.config);
  for (int i = 0; i < 20; ++i) {
    net::reply r = w.ask();
    cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
    cr_assert(contains(r.failure, "cannot resolve the name 'no-such.invalid'"), "%s",
              r.failure.c_str());
  }
  cr_assert(le(int, dns.asked(), 2));  // not once a request
  w.open_stream(1, true);
  w.until([&] { return !w.heard.ends.empty(); });
  cr_assert(eq(type(delivery), w.heard.ends[0].reply.delivery, delivery::not_sent));
  w.finish();
}

Test(net_resolver, tries_all_addresses_of_a_name) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.7", "::1", "127.0.0.8", "127.0.0.1"});
  w.open(w.config);
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%s", r.failure.c_str());
  w.finish();
}

Test(net_resolver, one_look_up_serves_all_who_wait) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  for (std::uint64_t i = 0; i < 10; ++i) w.send(i);
  w.until_replies(10);
  for (told& t : w.heard.replies)
    cr_assert(eq(type(delivery), t.reply.delivery, delivery::answered));
  cr_assert(eq(int, dns.asked(), 1));
  w.finish();
}

Test(net_resolver, follows_a_name_to_its_new_address_after_a_connect_failed) {
  named_world w;
  scripted_server other(&w.loop, "127.0.0.2", w.server->port());
  other.on_request = [](peer& p, const http_request&) { p.answer("other"); };
  dns.set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("{}")));
  dns.set("etcd.test", {"127.0.0.2"});
  w.server->refuse();
  w.server->drop_all();
  w.until([&] { return w.ask().body == "other"; });
  other.close();
  w.finish();
}

Test(net_resolver, keeps_the_last_good_addresses_when_the_name_servers_fail) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  w.ask();
  dns.set("etcd.test", {});
  w.server->refuse();
  w.server->drop_all();
  w.until([&] {
    cr_assert(eq(type(delivery), w.ask().delivery, delivery::not_sent));
    return dns.asked() == 2;
  });
  w.server->listen_again();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  w.finish();
}

Test(net_resolver, a_known_address_is_used_while_the_name_servers_hang) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  w.ask();
  dns.hang();
  w.server->refuse();
  w.server->drop_all();
  w.until([&] {
    w.ask();
    return dns.asked() == 2;
  });
  w.server->listen_again();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  dns.go_on();
  w.finish();
}

Test(net_resolver, who_waits_for_hanging_name_servers_is_told_after_the_connect_timeout) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  dns.hang();
  w.config.connect_timeout = std::chrono::milliseconds(30);
  w.open(w.config);
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
  cr_assert(contains(r.failure, "30 ms"), "%s", r.failure.c_str());
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::not_sent));
  dns.go_on();
  w.until([&] { return w.ask().delivery == delivery::answered; });  // the late answer is taken
  cr_assert(eq(int, dns.asked(), 1));
  w.finish();
}

Test(net_resolver, aborted_while_it_waits_is_silent) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  dns.hang();
  w.open(w.config);
  w.send(1);
  w.send(2);
  w.open_stream(3, true);
  w.carrier->abort(1);
  w.carrier->close_stream(3);
  dns.go_on();
  w.until_replies(1);
  w.finish();
  cr_assert(eq(sz, w.heard.replies.size(), 1));
  cr_assert(eq(int, int(w.heard.replies[0].number), 2));
  cr_assert(w.heard.ends.empty());
}

Test(net_resolver, close_waits_for_a_look_up_that_a_thread_has_begun_without_blocking) {
  named_world w;
  dns.set("etcd.test", {"127.0.0.1"});
  dns.hang();
  w.open(w.config);
  w.send(1);
  w.until([] { return dns.asked() == 1; });
  w.close();
  run_for(&w.loop, 20);
  cr_assert(eq(int, w.closed, 0));  // a thread still has a descriptor and our memory
  dns.go_on();
  w.finish();
  cr_assert(w.heard.replies.empty());
}

Test(net_resolver, close_cancels_a_look_up_that_waits_for_a_thread) {
  named_world w;
  w.open(w.config);
  // The host's own work fills libuv's pool.
  uv_sem_t gate;
  uv_sem_init(&gate, 0);
  uv_work_t work[8];
  for (uv_work_t& each : work) {
    each.data = &gate;
    uv_queue_work(
        &w.loop, &each, [](uv_work_t* self) { uv_sem_wait(static_cast<uv_sem_t*>(self->data)); },
        [](uv_work_t*, int) {});
  }
  w.send(1);
  w.close();
  w.until([&] { return w.closed == 1; });
  for (std::size_t i = 0; i < 8; ++i) uv_sem_post(&gate);
  w.finish();
  uv_sem_destroy(&gate);
}

Test(net_resolver, may_be_closed_from_the_reply_to_who_waited) {
  named_world w("no-such.invalid");
  w.open(w.config);
  for (std::uint64_t i = 0; i < 3; ++i) w.send(i);
  w.heard.on_reply = [&](std::uint64_t, const net::reply&) { w.close(); };
  w.until([&] { return w.closed == 1; });
  cr_assert(eq(sz, w.heard.replies.size(), 1));
  w.finish();
}
