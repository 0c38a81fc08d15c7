// Names: looked up on the loop and never by curl. Nothing waits for a name server that hangs.
#include "test/unit/net_world.hpp"

#include "test/support/name_server.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

struct named_world : world {
  net::transport_config config;
  std::unique_ptr<name_server> dns = std::make_unique<name_server>(&loop);
  explicit named_world(const std::string& name = "etcd.test") {
    config.endpoints = {server->url(name)};
    answer_all();
  }
  void finish() {
    dns.reset();
    world::finish();
  }
};

}  // namespace

Test(net_resolver, reaches_an_endpoint_by_its_name_and_keeps_the_name) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  for (int i = 0; i < 5; ++i) cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(type(std::string), w.server->requests()[0].header("Host"),
               w.server->url("etcd.test").substr(7)));
  cr_assert(eq(int, w.dns->asked("etcd.test"), 1));
  cr_assert(eq(sz, w.server->accepted(), 1));
  w.finish();
}

Test(net_resolver, asks_nobody_for_a_literal_address) {
  named_world w;
  w.dns->set("127.0.0.1", {"127.0.0.9"});
  w.open();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(int, w.dns->asked("127.0.0.1"), 0));
  cr_assert(w.heard.places.empty(), "it is one place and stays so");
  w.finish();
}

Test(net_resolver, takes_names_with_a_dot_at_the_end_or_capitals) {
  for (const char* name : {"etcd.test.", "Etcd.TEST"}) {
    named_world w(name);
    w.dns->set("etcd.test", {"127.0.0.1"});
    w.open(w.config);
    net::reply r = w.ask();
    cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%s: %s", name,
              r.failure.c_str());
    cr_assert(eq(int, w.dns->asked("etcd.test"), 1), "%s", name);
    w.finish();
  }
}

Test(net_resolver, takes_what_stands_in_the_hosts_file_at_once) {
  named_world w("localhost");
  w.open(w.config);
  w.send(1);
  w.send(2, "{}", 1);
  w.until_replies(2);
  std::size_t answered = 0;
  for (const told& t : w.heard.replies) answered += t.reply.delivery == delivery::answered;
  cr_assert(ge(sz, answered, 1));
  cr_assert(eq(int, w.dns->asked("localhost"), 0));
  w.finish();
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
  cr_assert(le(int, w.dns->asked("no-such.invalid"), 2));  // not once a request
  w.open_stream(1, true);
  w.until([&] { return !w.heard.ends.empty(); });
  cr_assert(eq(type(delivery), w.heard.ends[0].reply.delivery, delivery::not_sent));
  w.finish();
}

Test(net_resolver, one_look_up_serves_all_who_wait) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  for (std::uint64_t i = 0; i < 10; ++i) w.send(i);
  w.until_replies(10);
  for (told& t : w.heard.replies)
    cr_assert(eq(type(delivery), t.reply.delivery, delivery::answered));
  cr_assert(eq(int, w.dns->asked("etcd.test"), 1));
  w.finish();
}

Test(net_resolver, follows_a_name_to_its_new_address_after_a_connect_failed) {
  named_world w;
  scripted_server other(&w.loop, "127.0.0.2", w.server->port());
  other.on_request = [](peer& p, const http_request&) { p.answer("other"); };
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("{}")));
  w.dns->set("etcd.test", {"127.0.0.2"});
  w.server->refuse();
  w.server->drop_all();
  w.until([&] { return w.ask().body == "other"; });
  other.close();
  w.finish();
}

Test(net_resolver, keeps_the_last_good_addresses_when_the_name_servers_fail) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  w.ask();
  w.dns->fail("etcd.test");
  w.server->refuse();
  w.server->drop_all();
  w.until([&] {
    cr_assert(eq(type(delivery), w.ask().delivery, delivery::not_sent));
    return w.dns->asked("etcd.test") >= 2;
  });
  w.server->listen_again();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  w.finish();
}

Test(net_resolver, a_known_address_is_used_while_the_name_servers_hang) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  w.ask();
  w.dns->hang();
  w.server->refuse();
  w.server->drop_all();
  w.until([&] {
    w.ask();
    return w.dns->asked("etcd.test") >= 2;
  });
  w.server->listen_again();
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  w.finish();
}

Test(net_resolver, who_waits_for_hanging_name_servers_is_told_after_the_connect_timeout) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.dns->hang();
  w.config.connect_timeout = std::chrono::milliseconds(30);
  w.open(w.config);
  net::reply r = w.ask();
  cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
  cr_assert(contains(r.failure, "30 ms"), "%s", r.failure.c_str());
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::not_sent));
  w.dns->go_on();
  w.until([&] { return w.ask().delivery == delivery::answered; });  // the late answer is taken
  w.finish();
}

Test(net_resolver, many_names_that_hang_delay_no_good_one) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  for (int i = 0; i < 20; ++i) {
    const std::string name = "hang" + std::to_string(i) + ".test";
    w.dns->hang(name);
    w.config.endpoints.push_back(w.server->url(name));
  }
  w.open(w.config);
  for (std::uint64_t i = 1; i <= 20; ++i) w.send(i, "{}", i);
  w.until([&] { return w.dns->asked("hang19.test") == 1; });
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(sz, w.heard.replies.size(), 1));
  w.finish();
}

Test(net_resolver, close_waits_for_no_name_server) {
  named_world w;
  w.dns->hang();
  w.config.endpoints.push_back(w.server->url("other.test"));
  w.open(w.config);
  w.send(1);
  w.send(2, "{}", 1);
  w.until([&] { return w.dns->asked("etcd.test") == 1 && w.dns->asked("other.test") == 1; });
  w.close();
  for (int turns = 0; turns < 3 && w.closed == 0; ++turns) uv_run(&w.loop, UV_RUN_NOWAIT);
  cr_assert(eq(int, w.closed, 1));
  cr_assert(w.heard.replies.empty());
  w.finish();
}

Test(net_resolver, the_work_in_libuvs_pool_delays_no_look_up) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.open(w.config);
  uv_sem_t gate;
  uv_sem_init(&gate, 0);
  uv_work_t work[8];
  for (uv_work_t& each : work) {
    each.data = &gate;
    uv_queue_work(
        &w.loop, &each, [](uv_work_t* self) { uv_sem_wait(static_cast<uv_sem_t*>(self->data)); },
        [](uv_work_t*, int) {});
  }
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  for (std::size_t i = 0; i < 8; ++i) uv_sem_post(&gate);
  w.finish();
  uv_sem_destroy(&gate);
}

Test(net_resolver, aborted_while_it_waits_is_silent) {
  named_world w;
  w.dns->set("etcd.test", {"127.0.0.1"});
  w.dns->hang();
  w.open(w.config);
  w.send(1);
  w.send(2);
  w.open_stream(3, true);
  w.carrier->abort(1);
  w.carrier->close_stream(3);
  w.until([&] { return w.dns->asked("etcd.test") == 1; });
  w.dns->go_on();
  w.until_replies(1);
  w.finish();
  cr_assert(eq(sz, w.heard.replies.size(), 1));
  cr_assert(eq(int, int(w.heard.replies[0].number), 2));
  cr_assert(w.heard.ends.empty());
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
