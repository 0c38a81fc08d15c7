#include "net/resolver.hpp"

#include <algorithm>
#include <cassert>
#include <new>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>

namespace tenure::net {

namespace {

constexpr std::uint64_t fresh_ms = 30000;  // how long an answer is taken without asking again
constexpr std::uint64_t again_ms = 1000;   // the least time between two look-ups of a name
constexpr int most_addresses = 8;

bool is_literal(const std::string& host) {
  sockaddr_in v4;
  sockaddr_in6 v6;
  return uv_ip4_addr(host.c_str(), 0, &v4) == 0 || uv_ip6_addr(host.c_str(), 0, &v6) == 0;
}

// "host:port:address,address", the form of CURLOPT_RESOLVE; null if there is no address.
string_list curl_form(const std::string& host, const std::string& port, const addrinfo* found) {
  std::string line = host + ':' + port + ':';
  int count = 0;
  for (const addrinfo* a = found; a != nullptr && count < most_addresses; a = a->ai_next) {
    char text[INET6_ADDRSTRLEN + 1] = "";
    if (a->ai_family == AF_INET) {
      uv_ip4_name(reinterpret_cast<const sockaddr_in*>(a->ai_addr), text, sizeof text);
    } else if (a->ai_family == AF_INET6) {
      uv_ip6_name(reinterpret_cast<const sockaddr_in6*>(a->ai_addr), text, sizeof text);
    }
    if (*text == '\0') continue;
    if (count++ > 0) line += ',';
    if (a->ai_family == AF_INET6) line += '[';
    line += text;
    if (a->ai_family == AF_INET6) line += ']';
  }
  if (count == 0) return nullptr;
  return {curl_slist_append(nullptr, line.c_str()), curl_slist_free_all};
}

}  // namespace

struct resolver::lookup {
  uv_getaddrinfo_t request;
  resolver* owner;
  std::size_t endpoint;

  static void done(uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept {
    auto* self = static_cast<lookup*>(request->data);
    resolver* owner = self->owner;
    const std::size_t endpoint = self->endpoint;
    delete self;
    if (owner == nullptr) {
      uv_freeaddrinfo(found);
      return;
    }
    --owner->running_;
    owner->entries_[endpoint].running = nullptr;
    if (owner->closing_) {
      uv_freeaddrinfo(found);
      owner->close_step();  // may end the resolver
      return;
    }
    owner->finish(endpoint, status, found);
  }

  static void impatient(uv_timer_t* timer) noexcept {
    auto* owner = static_cast<resolver*>(timer->data);
    const std::uint64_t now = uv_now(owner->loop_);
    for (std::size_t i = 0; i < owner->entries_.size() && !owner->closing_; ++i) {
      entry& e = owner->entries_[i];
      if (!e.awaited || now - e.asked < owner->patience_) continue;
      e.awaited = false;
      e.impatient = true;
      e.failure = "cannot resolve the name '" + e.host + "': no answer within " +
                  std::to_string(owner->patience_) + " ms; check the name servers";
      owner->to_->resolved(i);
    }
    owner->set_timer();
  }

  static void timer_closed(uv_handle_t* handle) noexcept {
    auto* owner = static_cast<resolver*>(handle->data);
    owner->timer_open_ = false;
    owner->close_step();
  }
};

resolver::~resolver() { assert(running_ == 0 && !timer_open_); }

void resolver::open(uv_loop_t* loop, owner& to, const std::vector<endpoint_url>& endpoints,
                    std::chrono::milliseconds patience) {
  loop_ = loop;
  to_ = &to;
  patience_ = static_cast<std::uint64_t>(patience.count());
  entries_.resize(endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    entries_[i].host = endpoints[i].host;
    entries_[i].port = std::to_string(endpoints[i].port);
    entries_[i].literal = is_literal(endpoints[i].host);
  }
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  timer_open_ = true;
}

resolver::state resolver::ask(std::size_t endpoint) {
  entry& e = entries_[endpoint];
  if (e.literal) return state::ready;
  const bool known = e.addresses != nullptr;
  if (e.running == nullptr) {
    const std::uint64_t age = uv_now(loop_) - e.asked;
    const bool due = e.asked == 0 || age >= (known && !e.distrusted ? fresh_ms : again_ms);
    if (due) start(endpoint);
  }
  if (known) return state::ready;
  if (e.running == nullptr || e.impatient) return state::failed;
  e.awaited = true;
  set_timer();
  return state::waiting;
}

const string_list& resolver::addresses(std::size_t endpoint) const {
  return entries_[endpoint].addresses;
}

const std::string& resolver::failure(std::size_t endpoint) const {
  return entries_[endpoint].failure;
}

void resolver::distrust(std::size_t endpoint) { entries_[endpoint].distrusted = true; }

void resolver::start(std::size_t endpoint) {
  entry& e = entries_[endpoint];
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;  // both families: curl tries them side by side
  auto* request = new lookup{{}, this, endpoint};
  request->request.data = request;
  e.asked = std::max<std::uint64_t>(uv_now(loop_), 1);
  e.impatient = false;
  const int failed =
      uv_getaddrinfo(loop_, &request->request, lookup::done, e.host.c_str(), nullptr, &hints);
  if (failed != 0) {
    delete request;
    e.failure = "cannot resolve the name '" + e.host + "': " + uv_strerror(failed);
    return;
  }
  e.running = request;
  ++running_;
}

void resolver::finish(std::size_t endpoint, int status, const addrinfo* found) {
  entry& e = entries_[endpoint];
  e.running = nullptr;
  e.impatient = false;
  e.distrusted = false;
  string_list addresses = status == 0 ? curl_form(e.host, e.port, found) : nullptr;
  uv_freeaddrinfo(const_cast<addrinfo*>(found));
  if (addresses != nullptr) {
    e.addresses = std::move(addresses);
  } else {
    e.failure = "cannot resolve the name '" + e.host +
                "': " + (status == 0 ? "it has no address" : uv_strerror(status)) +
                "; check the name, or give the endpoint by its address";
  }
  const bool awaited = e.awaited;
  e.awaited = false;
  if (awaited) to_->resolved(endpoint);
}

void resolver::set_timer() {
  if (closing_) return;
  bool any = false;
  std::uint64_t first = 0;
  for (const entry& e : entries_) {
    if (!e.awaited) continue;
    first = any ? std::min(first, e.asked + patience_) : e.asked + patience_;
    any = true;
  }
  if (!any) {
    uv_timer_stop(&timer_);
    return;
  }
  const std::uint64_t now = uv_now(loop_);
  uv_timer_start(&timer_, lookup::impatient, first > now ? first - now : 1, 0);
}

// The threads of libuv's pool are not here.
void resolver::let_go() {
  for (entry& e : entries_) {
    if (e.running != nullptr) std::exchange(e.running, nullptr)->owner = nullptr;
  }
  running_ = 0;
  if (closing_) close_step();
}

void resolver::close() {
  closing_ = true;
  for (entry& e : entries_) {
    // One that a thread of the pool has begun cannot be cancelled; its callback is waited for.
    if (e.running != nullptr) uv_cancel(reinterpret_cast<uv_req_t*>(&e.running->request));
  }
  uv_timer_stop(&timer_);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), lookup::timer_closed);
}

void resolver::close_step() {
  if (!timer_open_ && running_ == 0) to_->resolver_gone();
}

}  // namespace tenure::net
