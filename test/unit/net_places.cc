// An endpoint whose name has several addresses is several places, each with its own connections.
#include "net/places.hpp"

#include "test/support/name_server.hpp"
#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;
using net::place_set;
using net::places;

namespace {

using addresses = std::vector<net::found>;

places of(std::size_t endpoints) {
  places p;
  p.open(endpoints);
  return p;
}

addresses many(std::size_t count, const std::string& net) {
  addresses all;
  for (std::size_t i = 1; i <= count; ++i) all.emplace_back(net + std::to_string(i));
  return all;
}

}  // namespace

Test(net_places, each_endpoint_is_a_place_before_its_name_is_known) {
  const places p = of(3);
  cr_assert(eq(u64, p.live(), 0b111));
  cr_assert(not(p.changed()));
  for (std::size_t i = 0; i < 3; ++i) {
    cr_assert(eq(sz, +p.at(i).endpoint, +i));
    cr_assert(p.at(i).connect_to == nullptr);
  }
}

Test(net_places, every_address_gets_one_also_the_ninth) {
  places p = of(2);
  p.resolved(0, many(9, "10.0.0."));
  cr_assert(eq(sz, p.size(), 10));
  cr_assert(eq(u64, p.live(), 0b11'1111'1111));
  cr_assert(eq(u64, p.take_fresh(), 0b11'1111'1101));
  cr_assert(eq(type(std::string), std::string(p.at(0).address), std::string("10.0.0.1")));
  cr_assert(eq(type(std::string), std::string(p.at(9).address), std::string("10.0.0.9")));
  cr_assert(eq(sz, +p.at(9).endpoint, +0));
  cr_assert(
      eq(type(std::string), std::string(p.at(9).connect_to->data), std::string("::10.0.0.9:")));
}

Test(net_places, the_same_addresses_in_another_order_change_nothing) {
  places p = of(1);
  p.resolved(0, {"10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.2"});
  cr_assert(eq(sz, p.size(), 3));
  cr_assert(
      eq(type(std::string), std::string(p.at(2).connect_to->data), std::string("::[fd00::1]:")));
  (void)p.take_fresh();
  p.resolved(0, {"fd00::1", "10.0.0.2", "10.0.0.1"});
  cr_assert(not(p.changed()));
  cr_assert(eq(type(std::string), std::string(p.at(0).address), std::string("10.0.0.1")));
}

Test(net_places, an_address_that_is_gone_leaves_its_place_to_another) {
  places p = of(2);
  p.resolved(0, {"10.0.0.1", "10.0.0.2", "10.0.0.3"});
  (void)p.take_fresh();
  p.resolved(0, {"10.0.0.1", "10.0.0.3"});
  cr_assert(eq(u64, p.live(), 0b1011));
  cr_assert(eq(u64, p.take_fresh(), 0));
  p.resolved(1, {"10.9.0.1", "10.9.0.2"});
  cr_assert(eq(u64, p.live(), 0b1111));
  cr_assert(eq(u64, p.take_fresh(), 0b0110));
  cr_assert(eq(sz, +p.at(2).endpoint, +1));
}

Test(net_places, an_endpoints_own_place_always_has_an_address_of_its_name) {
  places p = of(1);
  p.resolved(0, {"10.0.0.1", "10.0.0.2"});
  (void)p.take_fresh();
  p.resolved(0, {"10.0.0.2"});
  cr_assert(eq(u64, p.live(), 0b1));
  cr_assert(eq(u64, p.take_fresh(), 0b1));
  cr_assert(eq(type(std::string), std::string(p.at(0).address), std::string("10.0.0.2")));
  p.resolved(0, {"10.0.0.5", "10.0.0.6"});
  cr_assert(eq(u64, p.live(), 0b11));
  cr_assert(eq(type(std::string), std::string(p.at(0).address), std::string("10.0.0.5")));
}

Test(net_places, there_are_64_at_the_most) {
  places p = of(2);
  p.resolved(0, many(100, "10.0.0."));
  p.resolved(1, {"10.9.0.1", "10.9.0.2"});
  cr_assert(eq(sz, p.size(), +net::most_places));
  cr_assert(eq(u64, p.live(), ~place_set{0}));
  cr_assert(eq(type(std::string), std::string(p.at(1).address), std::string("10.9.0.1")));
}

// With real sockets.

namespace {

// A server that says its name on each of some loopback addresses, all at one port and one name.
struct spread_world : world {
  std::unique_ptr<name_server> dns = std::make_unique<name_server>(&loop);
  net::transport_config config;
  std::vector<std::unique_ptr<scripted_server>> others;

  explicit spread_world(const std::vector<std::string>& more) {
    server->on_request = [](peer& p, const http_request&) { p.answer("127.0.0.1"); };
    std::vector<std::string> all = {"127.0.0.1"};
    for (const std::string& each : more) {
      all.push_back(each);
      others.push_back(std::make_unique<scripted_server>(&loop, each, server->port()));
      others.back()->on_request = [each](peer& p, const http_request&) { p.answer(each); };
    }
    dns->set("etcd.test", all);
    config.endpoints = {server->url("etcd.test")};
    open(config);
    ask();
  }
  void finish() {
    for (const auto& each : others) each->close();
    dns.reset();
    world::finish();
  }
};

}  // namespace

Test(net_places, each_can_be_asked_and_keeps_its_own_connections) {
  spread_world w({"127.0.0.2", "127.0.0.3"});
  cr_assert(eq(u64, w.heard.live, 0b111));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t at = 0; at < 3; ++at) {
      net::reply r = w.ask("{}", at);
      cr_assert(eq(type(delivery), r.delivery, delivery::answered), "%s", r.failure.c_str());
      cr_assert(contains(w.heard.places[at], "http://etcd.test:"));
      cr_assert(contains(w.heard.places[at], "(" + r.body + ")"), "%s", r.body.c_str());
    }
  }
  for (const auto& each : w.others) cr_assert(eq(sz, each->accepted(), 1));
  cr_assert(eq(sz, w.server->accepted(), 1));
  w.finish();
}

Test(net_places, no_request_goes_to_an_address_that_the_name_no_longer_has) {
  spread_world w({"127.0.0.2"});
  w.dns->set("etcd.test", {"127.0.0.2"});
  w.carrier->redial(0);
  w.until([&] { return w.ask().body == "127.0.0.2"; });
  cr_assert(eq(u64, w.heard.live, 0b1));
  cr_assert(eq(u64, w.heard.fresh, 0b1));
  w.finish();
}

Test(net_places, a_redialled_one_loses_its_connections_and_what_is_under_way_on_them) {
  spread_world w({"127.0.0.2"});
  cr_assert(eq(type(std::string), w.ask("{}", 1).body, std::string("127.0.0.2")));
  w.server->on_request = [](peer&, const http_request&) {};
  w.send(1);
  w.until([&] { return w.server->requests().size() >= 2; });
  const std::size_t before = w.server->accepted();
  const std::size_t told = w.heard.replies.size();
  w.carrier->redial(0);
  w.until_replies(told + 1);
  cr_assert(eq(type(delivery), w.heard.replies.back().reply.delivery, delivery::broken));
  w.server->on_request = [](peer& p, const http_request&) { p.answer("anew"); };
  cr_assert(eq(type(std::string), w.ask().body, std::string("anew")));
  cr_assert(eq(sz, w.server->accepted(), before + 1));
  cr_assert(eq(type(std::string), w.ask("{}", 1).body, std::string("127.0.0.2")));
  cr_assert(eq(sz, w.others[0]->accepted(), 1), "the other address keeps its connection");
  w.finish();
}

Test(net_places, a_literal_address_can_be_redialled) {
  world w;
  w.answer_all();
  w.open();
  w.ask();
  w.carrier->redial(0);
  cr_assert(eq(type(delivery), w.ask().delivery, delivery::answered));
  cr_assert(eq(sz, w.server->accepted(), 2));
  w.carrier->redial(7);  // there is none
  w.finish();
}
