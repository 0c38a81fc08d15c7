#define CARES_NO_DEPRECATED  // newer ones have other names for what 1.18 has
#include "net/lookup.hpp"

#include <algorithm>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <uv.h>

#include "base/guarded.hpp"
#include "base/testing.hpp"

namespace tenure::net {

namespace {

// All name servers are asked once, then again with twice the patience, and so on.
constexpr int rounds = 4;
constexpr int class_in = 1;
constexpr int type_srv = 33;

// Once a process and never undone: the host may use c-ares as well.
bool init_cares() {
  static const bool ok = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  return ok;
}

std::vector<std::string> texts(const ares_addrinfo& found) {
  std::vector<std::string> all;
  for (const ares_addrinfo_node* each = found.nodes; each != nullptr; each = each->ai_next) {
    char text[INET6_ADDRSTRLEN + 1] = "";
    if (each->ai_family == AF_INET) {
      uv_ip4_name(reinterpret_cast<const sockaddr_in*>(each->ai_addr), text, sizeof text);
    } else if (each->ai_family == AF_INET6) {
      uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(each->ai_addr), text, sizeof text);
    }
    if (*text != '\0' && std::find(all.begin(), all.end(), text) == all.end())
      all.emplace_back(text);
  }
  return all;
}

// Whether it is known that there is none.
bool says_none(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

}  // namespace

// Nothing of c-ares is ended, nor begun, from inside its callbacks.
struct lookups::lookup::trampoline {
  static void socket(void* context, ares_socket_t fd, int readable, int writable) noexcept {
    auto* self = static_cast<lookup*>(context);
    const int events = (readable != 0 ? UV_READABLE : 0) | (writable != 0 ? UV_WRITABLE : 0);
    // What cannot be watched its time-out tells.
    (void)has_memory_for([&] { self->all.watch(*self, fd, events); });
  }

  static void answered(void* context, int status, int, ares_addrinfo* found) noexcept {
    auto* to = static_cast<server*>(context);
    const bool told = has_memory_for([&] {
      if (status != ARES_SUCCESS || found == nullptr) {
        to->failure = ares_strerror(status);
        return;
      }
      to->addresses = texts(*found);
      if (to->addresses.empty()) to->failure = "it has no address";
    });
    if (found != nullptr) ares_freeaddrinfo(found);
    if (!told) to->of->failed(ARES_ENOMEM);
    to->of->one_less();
  }

  static void records(void* context, int status, int, unsigned char* bytes, int size) noexcept {
    auto* to = static_cast<service*>(context);
    ares_srv_reply* all = nullptr;
    to->status = status == ARES_SUCCESS ? ares_parse_srv_reply(bytes, size, &all) : status;
    const bool told = has_memory_for([&] {
      for (const ares_srv_reply* each = all; each != nullptr; each = each->next)
        to->records.push_back({each->host, each->priority, each->weight, each->port});
    });
    if (all != nullptr) ares_free_data(all);
    if (!told) to->of->failed(ARES_ENOMEM);
    to->of->one_less();
  }
};

lookups::lookup::~lookup() {
  if (channel != nullptr) ares_destroy(channel);
}

bool lookups::lookup::open() {
  ares_options options{};
  options.timeout = all.each_ms_;
  options.tries = rounds;
  options.sock_state_cb = &trampoline::socket;
  options.sock_state_cb_data = this;
  constexpr int given = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
  int status = init_cares() ? ares_init_options(&channel, &options, given) : ARES_ENOTINITIALIZED;
  if (status != ARES_SUCCESS) channel = nullptr;
  const char* const servers = detail::switches().name_servers;
  if (status == ARES_SUCCESS && servers != nullptr)
    status = ares_set_servers_ports_csv(channel, servers);
  if (status != ARES_SUCCESS) failed(status);
  return status == ARES_SUCCESS;
}

void lookups::lookup::find(const std::string& host) {
  servers_.push_back({this, host, nullptr});
  if (open()) ask_servers();
}

void lookups::lookup::find(const srv_source& records) {
  source_ = records;
  if (!open()) return;
  pending_ = 2;
  for (const bool tls : {true, false}) {
    service& each = services_[tls ? 0 : 1];
    each.of = this;
    each.name = srv_name(source_, tls);
    ares_query(channel, each.name.c_str(), class_in, type_srv, &trampoline::records, &each);
  }
}

void lookups::lookup::failed(int status) {
  ended = true;
  (void)has_memory_for([&] { failure = ares_strerror(status); });
}

void lookups::lookup::one_less() {
  if (--pending_ == 0) due = true;
}

// Why none can be used; empty: those with TLS, or those without.
std::string lookups::lookup::choose(bool& tls) const {
  const service& secure = services_[0];
  const service& plain = services_[1];
  tls = !secure.records.empty();
  const auto how = [](const service& it) { return it.name + ": " + ares_strerror(it.status); };
  if (tls) return {};
  // Whoever can make an answer fail must not be able to switch TLS off.
  if (!says_none(secure.status)) return how(secure);
  if (plain.records.empty()) return how(secure) + "; " + how(plain);
  if (source_.insecure) return {};
  return "there are only records of " + plain.name +
         ", which are for http://; they are taken only with insecure_discovery "
         "(--insecure-discovery)";
}

void lookups::lookup::go_on() {
  due = false;
  if (ended) return;
  if (servers_.empty()) {
    bool tls = false;
    failure = choose(tls);
    if (failure.empty()) {
      for (const auto& each : servers_of(std::move(services_[tls ? 0 : 1].records), tls))
        servers_.push_back({this, each->host, each});
      if (servers_.empty()) failure = "its records name no server";
    }
    ended = !failure.empty();
    if (!ended) ask_servers();
    return;
  }
  ended = true;
  for (const server& each : servers_) {
    for (const std::string& address : each.addresses) addresses.emplace_back(address, each.to);
    if (addresses.empty())
      failure = (each.to != nullptr ? each.host + ": " : std::string()) + each.failure;
  }
}

void lookups::lookup::ask_servers() {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  pending_ = servers_.size();
  for (server& each : servers_)
    ares_getaddrinfo(channel, each.host.c_str(), nullptr, &hints, &trampoline::answered, &each);
}

}  // namespace tenure::net
