#include "test/unit/net_world.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

struct good {
  const char* text;
  bool tls;
  const char* host;
  int port;
  const char* url;
};

constexpr good good_ones[] = {
    {"http://127.0.0.1:2379", false, "127.0.0.1", 2379, "http://127.0.0.1:2379"},
    {"http://127.0.0.1:2379/", false, "127.0.0.1", 2379, "http://127.0.0.1:2379"},
    {"http://127.0.0.1", false, "127.0.0.1", 2379, "http://127.0.0.1:2379"},
    {"http://127.0.0.1:80", false, "127.0.0.1", 80, "http://127.0.0.1:80"},
    {"https://etcd-1.example.com", true, "etcd-1.example.com", 2379,
     "https://etcd-1.example.com:2379"},
    {"https://etcd-1.example.com:443/", true, "etcd-1.example.com", 443,
     "https://etcd-1.example.com:443"},
    {"HTTPS://etcd:1", true, "etcd", 1, "https://etcd:1"},
    {"http://etcd:65535", false, "etcd", 65535, "http://etcd:65535"},
    {"http://localhost:02379", false, "localhost", 2379, "http://localhost:2379"},
    {"http://[::1]:2379", false, "::1", 2379, "http://[::1]:2379"},
    {"https://[2001:db8::7]", true, "2001:db8::7", 2379, "https://[2001:db8::7]:2379"},
    {"http://[fe80::1%25eth0]:2379", false, "fe80::1", 2379, "http://[fe80::1%25eth0]:2379"},
    {"http://xn--bcher-kva.example", false, "xn--bcher-kva.example", 2379,
     "http://xn--bcher-kva.example:2379"},
    {"http://a_b:2379", false, "a_b", 2379, "http://a_b:2379"},
    {"unix:///run/etcd.sock", false, "localhost", 0, "unix:///run/etcd.sock"},
    {"UNIXS:///run/etcd.sock", true, "localhost", 0, "unixs:///run/etcd.sock"},
    {"unix:///run/localhost:2379", false, "localhost", 0, "unix:///run/localhost:2379"},
    {"unix:///a%20b%2c%40%c3%bc%25", false, "localhost", 0, "unix:///a%20b%2C%40%C3%BC%25"},
    {"unix:///%61[b]", false, "localhost", 0, "unix:///a%5Bb%5D"},
};

struct wrong {
  const char* text;
  const char* said;  // part of the message
};

constexpr wrong bad_ones[] = {
    {"", "empty"},
    {"127.0.0.1:2379", "http://"},
    {"etcd", "http://"},
    {"://etcd", "no scheme"},
    {"http:/etcd", "no scheme"},
    {"ftp://etcd:2379", "http or https"},
    {"unix://", "no absolute path"},
    {"unix:///", "directory"},
    {"unix:///run/etcd/", "directory"},
    {"unix://run/etcd", "no absolute path"},
    {"unix://localhost:2379", "started in"},
    {"unixs://localhost:2379", "started in"},
    {"unix:/run/etcd", "no scheme"},
    {"unix-abstract:///run/etcd", "no host"},
    {"unix:///run/etcd?x", "query"},
    {"unix:///run/etcd#x", "query"},
    {"unix:///run/my etcd", "blank"},
    {"unix:///run/etcd%2", "percent sign"},
    {"unix:///run/etcd%", "percent sign"},
    {"unix:///run/etcd%zz", "percent sign"},
    {"unix:///run/etcd%00", "zero byte"},
    {"unix:///run/a,b", "comma"},
    {"unix:///run/u:hunter2@b", "user or password"},
    {"https://u:hun", "1 to 65535"},
    {"https://u:hun/ter", "1 to 65535"},
    {"https://u:12/hunter2", "path"},
    {"https://u:1hunter2", "1 to 65535"},
    {"https://[::1]:hun", "1 to 65535"},
    {"https://[hun:ter", "not a URL"},
    {"u:hun", "scheme"},
    {"http://", "no host"},
    {"http:///", "no host"},
    {"http:///etcd", "no host"},
    {"http://:2379", "not a URL"},
    {"http://etcd:", "colon"},
    {"http://etcd:/", "colon"},
    {"http://etcd:0", "1 to 65535"},
    {"http://etcd:65536", "1 to 65535"},
    {"http://etcd:99999999999999999999", "1 to 65535"},
    {"http://etcd:2379x", "1 to 65535"},
    {"http://etcd:-1", "1 to 65535"},
    {"http://etcd:2379/v3", "path"},
    {"http://etcd:2379//", "path"},
    {"http://etcd:2379?", "query"},
    {"http://etcd:2379/?token=hunter2", "query"},
    {"http://etcd:2379#x", "query or fragment"},
    {"http://root@etcd:2379", "user or password"},
    {"http://root:hunter2@etcd:2379", "user or password"},
    {"http://root:hunter2@:2379", "***"},
    {"https://root:hun@ter2@etcd:2379", "user or password"},
    {"root:hunter2@etcd:2379", "scheme"},
    {"http://root:x?hunter2@etcd:2379", "user or password"},
    {"http://root:x#hunter2@etcd:2379/?hunter2", "user or password"},
    {"http://@etcd:2379", "user or password"},
    {" http://etcd:2379", "blank"},
    {"http://etcd:2379 ", "blank"},
    {"http://et cd:2379", "blank"},
    {"http://etcd:2379\n", "blank"},
    {"http://etcd:2379\r\nX-Evil: 1", "blank"},
    {"http://b\xc3\xbc"
     "cher:2379",
     "xn--"},
    {"http://[::1:2379", "not a URL"},
    {"http://[::zz]:2379", "not a URL"},
    {"http://a,http://b", "comma"},
    {"http://a,b:2379", "comma"},
    {"http://%B757", "percent sign"},
    {"http://a%2fb:2379", ""},
    {"http://a%00b:2379", ""},
    {"http://a%20b:2379", ""},
};

}  // namespace

Test(net_endpoint_url, takes_what_etcd_listens_on_and_puts_it_in_one_form) {
  for (const good& g : good_ones) {
    net::endpoint_url out;
    error e = net::parse_endpoint(g.text, out);
    cr_expect(not(bool(e)), "%s: %s", g.text, e.message.c_str());
    cr_expect(eq(type(std::string), out.url, std::string(g.url)));
    cr_expect(eq(type(std::string), out.host, std::string(g.host)));
    cr_expect(eq(int, int(out.port), int(g.port)), "%s", g.text);
    cr_expect(eq(int, int(out.tls), int(g.tls)), "%s", g.text);
    net::endpoint_url again;
    cr_expect(not(bool(net::parse_endpoint(out.url, again))), "%s", g.text);
    cr_expect(eq(type(std::string), again.url, out.url));
  }
}

Test(net_endpoint_url, refuses_the_rest_with_the_reason_and_never_a_password) {
  for (const wrong& each : bad_ones) {
    net::endpoint_url out;
    out.url = "untouched";
    error e = net::parse_endpoint(each.text, out);
    cr_expect(bool(e), "%s", each.text);
    cr_expect(eq(int, int(e.code), int(errc::invalid_argument)), "%s", each.text);
    cr_expect(contains(e.message, each.said), "%s: %s", each.text, e.message.c_str());
    cr_expect(not(contains(e.message, "hun")), "%s: %s", each.text, e.message.c_str());
    cr_expect(not(contains(e.message, "\n")), "%s", each.text);
    cr_expect(eq(type(std::string), out.url, std::string("untouched")));
  }
}

Test(net_endpoint_url, a_message_has_printable_ascii_only_whatever_was_given) {
  for (const char* text : {"http://b\xc3\xbc"
                           "cher",
                           "\xc2\x9b"
                           "31m",
                           "http://\xff\xfe", "http://\x7f", "\x1b[31m"}) {
    net::endpoint_url out;
    const error e = net::parse_endpoint(text, out);
    cr_assert(bool(e));
    for (const char c : e.message) cr_assert(c >= ' ' && c <= '~', "%s", e.message.c_str());
  }
}

Test(net_endpoint_url, a_unix_socket_is_the_file_of_that_path_if_the_system_takes_it) {
  net::endpoint_url out;
  cr_assert(not(bool(net::parse_endpoint("unix:///run/a%20b%25", out))));
  cr_assert(eq(type(std::string), out.socket, std::string("/run/a b%")));
  cr_assert(eq(type(std::string), std::string(request_base(out)), std::string("http://localhost")));
  cr_assert(not(bool(net::parse_endpoint("unixs:///" + std::string(106, 'a'), out))));
  cr_assert(
      eq(type(std::string), std::string(request_base(out)), std::string("https://localhost")));
  const error e = net::parse_endpoint("unix:///" + std::string(107, 'a'), out);
  cr_assert(contains(e.message, "108 bytes, but a socket's has 107 at most"), "%s",
            e.message.c_str());
  cr_assert(not(bool(net::parse_endpoint("http://h", out))));
  cr_assert(eq(type(std::string), out.socket, std::string()));
}

Test(net_endpoint_url, refuses_what_has_a_zero_byte_or_is_endless) {
  net::endpoint_url out;
  cr_assert(bool(net::parse_endpoint(std::string("http://etcd\0.evil", 17), out)));
  error e = net::parse_endpoint("http://" + std::string(100000, 'a'), out);
  cr_assert(bool(e));
  cr_assert(lt(sz, e.message.size(), 300));
}
