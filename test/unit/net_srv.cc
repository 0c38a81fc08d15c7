// Endpoints that SRV records name: which are asked for, which count, and how they are followed.
#include "test/unit/net_world.hpp"

#include "net/srv.hpp"
#include "test/support/name_server.hpp"

using namespace tenure;
using namespace tenure::test;
using net::delivery;

namespace {

const char* const plain = "_etcd-client._tcp.example.test";
const char* const secure = "_etcd-client-ssl._tcp.example.test";

// Two servers that say their name, and a name server.
struct srv_world : world {
  std::unique_ptr<name_server> dns = std::make_unique<name_server>(&loop);
  scripted_server second{&loop, "127.0.0.2"};
  net::transport_config config;

  srv_world() {
    server->on_request = [](peer& p, const http_request&) { p.answer("one"); };
    second.on_request = [](peer& p, const http_request&) { p.answer("two"); };
    dns->set("n1.test", {"127.0.0.1"});
    dns->set("n2.test", {"127.0.0.2"});
    config.discovery = {"example.test", "", true};
  }
  [[nodiscard]] name_server::service one() const { return {"n1.test", server->port(), 1, 0}; }
  [[nodiscard]] name_server::service two() const { return {"n2.test", second.port(), 2, 0}; }
  // Reading the system's certificates takes its time, which is not the name servers'.
  void open(const net::transport_config& with) {
    world::open(with);
    uv_update_time(&loop);
  }
  std::string failure() {
    net::reply r = ask();
    cr_assert(eq(type(delivery), r.delivery, delivery::not_sent));
    return r.failure;
  }
  void fails_with(const char* part) {
    const std::string why = failure();
    cr_assert(contains(why, part), "%s", why.c_str());
  }
  void finish() {
    dns.reset();
    second.close();
    world::finish();
  }
};

net::srv_record record(const char* host, int priority, int weight, int port = 2379) {
  return {host, static_cast<std::uint16_t>(priority), static_cast<std::uint16_t>(weight),
          static_cast<std::uint16_t>(port)};
}

}  // namespace

Test(net_srv, the_names_asked_for_are_those_of_etcdctl) {
  cr_assert(eq(type(std::string), net::srv_name({"a.b", "", false}, true),
               std::string("_etcd-client-ssl._tcp.a.b")));
  cr_assert(eq(type(std::string), net::srv_name({"a.b", "", false}, false),
               std::string("_etcd-client._tcp.a.b")));
  cr_assert(eq(type(std::string), net::srv_name({"a.b", "red", false}, true),
               std::string("_etcd-client-ssl-red._tcp.a.b")));
}

Test(net_srv, servers_come_by_priority_and_weight_and_only_once_and_only_if_they_are_some) {
  const auto all = net::servers_of({record("c", 2, 0), record("b", 1, 5), record("a", 1, 9),
                                    record("a.", 3, 0), record("", 0, 0), record(".", 0, 0),
                                    record("z", 0, 0, 0), record("x y", 0, 0), record("u@h", 0, 0)},
                                   true);
  std::string urls;
  for (const auto& each : all) urls += each->url + " ";
  cr_assert(
      eq(type(std::string), urls, std::string("https://a:2379 https://b:2379 https://c:2379 ")));
  std::vector<net::srv_record> many;
  for (int i = 0; i < 65535; ++i) many.push_back(record("h", i, 0, i + 1));
  cr_assert(eq(sz, net::servers_of(many, false).size(), +net::most_places));
}

Test(net_srv, each_server_of_the_records_is_a_place) {
  srv_world w;
  w.dns->set_services(plain, {w.two(), w.one()});
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("one")));
  cr_assert(eq(type(std::string), w.ask("{}", 1).body, std::string("two")));
  cr_assert(eq(u64, w.heard.live, 0b11));
  cr_assert(contains(w.heard.places[0], "http://n1.test:"));
  cr_assert(contains(w.heard.places[0], " (127.0.0.1)"));
  cr_assert(contains(w.server->requests()[0].header("Host"), "n1.test:"));
  for (int i = 0; i < 5; ++i) (void)w.ask();
  cr_assert(eq(int, w.dns->asked(plain), 1));
  w.finish();
}

Test(net_srv, a_name_asks_for_the_records_with_it) {
  srv_world w;
  w.config.discovery.name = "red";
  w.dns->set_services("_etcd-client-red._tcp.example.test", {w.two()});
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("two")));
  w.finish();
}

Test(net_srv, without_records_the_failure_names_both_and_later_ones_are_found) {
  srv_world w;
  w.open(w.config);
  const std::string why = w.failure();
  cr_assert(contains(why, plain) && contains(why, secure), "%s", why.c_str());
  cr_assert(contains(why, "cannot find etcd by the SRV records of example.test"));
  w.dns->set_services(plain, {w.one()});
  w.until([&] { return w.ask().delivery == delivery::answered; });
  w.finish();
}

Test(net_srv, those_for_http_count_only_if_that_is_wanted_and_there_are_no_others) {
  srv_world w;
  w.dns->set_services(plain, {w.one()});
  w.config.discovery.insecure = false;
  w.open(w.config);
  w.fails_with("taken only with insecure_discovery");
  cr_assert(eq(sz, w.server->accepted(), 0));
  w.finish();
}

Test(net_srv, those_for_http_do_not_count_where_the_others_could_not_be_asked_for) {
  srv_world w;
  w.dns->set_services(plain, {w.one()});
  w.dns->fail(secure);
  w.open(w.config);
  w.fails_with(secure);
  cr_assert(eq(sz, w.server->accepted(), 0));
  w.finish();
}

Test(net_srv, those_for_http_do_not_count_where_there_are_others) {
  srv_world w;
  w.dns->set_services(plain, {w.one()});
  w.dns->set_services(secure, {w.two()});
  w.second.on_connect = [](peer& p) { p.close(); };  // TLS is not what it speaks
  w.open(w.config);
  (void)w.failure();
  cr_assert(eq(sz, w.second.accepted(), 1));
  cr_assert(eq(sz, w.server->accepted(), 0));
  cr_assert(eq(u64, w.heard.live, 0b1));
  cr_assert(contains(w.heard.places[0], "https://n2.test:"));
  w.finish();
}

Test(net_srv, a_set_that_changes_is_followed) {
  srv_world w;
  w.dns->set_services(plain, {w.one()});
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("one")));
  w.dns->set_services(plain, {w.two()});
  w.server->refuse();
  w.server->drop_all();
  w.until([&] { return w.ask().body == "two"; });
  cr_assert(eq(u64, w.heard.live, 0b1));
  w.dns->set_services(plain, {});
  w.second.drop_all();
  cr_assert(eq(type(std::string), w.ask().body, std::string("two")), "the last good ones are kept");
  w.finish();
}

Test(net_srv, an_answer_that_is_cut_off_is_had_over_tcp) {
  srv_world w;
  std::vector<name_server::service> many;
  for (int i = 0; i < 100; ++i) many.push_back({"n1.test", w.server->port() + i, i, 0});
  w.dns->set_services(plain, many);
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("one")));
  cr_assert(eq(int, w.dns->asked_over_tcp(), 1));
  cr_assert(eq(u64, w.heard.live, ~std::uint64_t{0}), "64 of them");
  w.finish();
}

Test(net_srv, servers_without_an_address_are_left_out_and_named_if_all_are) {
  srv_world w;
  w.dns->set_services(plain, {{"nowhere.test", 2379, 0, 0}, w.one()});
  w.open(w.config);
  cr_assert(eq(type(std::string), w.ask().body, std::string("one")));
  w.finish();
  srv_world all;
  all.dns->set_services(plain, {{"nowhere.test", 2379, 0, 0}});
  all.open(all.config);
  all.fails_with("nowhere.test: ");
  all.finish();
}

Test(net_srv, name_servers_that_hang_delay_neither_the_failure_nor_close) {
  srv_world w;
  w.dns->hang();
  w.config.connect_timeout = std::chrono::milliseconds(100);
  w.open(w.config);
  w.fails_with("no answer within 100 ms");
  w.finish();
}
