#include "net/resolver.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/guarded.hpp"

namespace tenure::net {

namespace {

constexpr std::uint64_t fresh_ms = 30000;  // how long an answer is taken without asking again
constexpr std::uint64_t again_ms = 1000;   // the least time between two look-ups of a name

}  // namespace

struct resolver::trampoline {
  static void impatient(uv_timer_t* timer) noexcept {
    auto* self = static_cast<resolver*>(timer->data);
    if (!has_memory_for([self] { self->lose_patience(); })) self->to_->out_of_memory();
  }

  static void timer_closed(uv_handle_t* handle) noexcept {
    auto* self = static_cast<resolver*>(handle->data);
    self->timer_open_ = false;
    self->close_step();
  }
};

std::string resolver::cannot_find(const entry& e) {
  if (!e.records.domain.empty()) return "cannot find etcd by " + label(e.records) + ": ";
  return "cannot resolve the name '" + e.host + "': ";
}

resolver::~resolver() { assert(!timer_open_ && !lookups_open_); }

void resolver::lose_patience() {
  const std::uint64_t now = uv_now(loop_);
  for (std::size_t i = 0; i < entries_.size() && !closing_; ++i) {
    entry& e = entries_[i];
    if (!e.awaited || now - e.asked < patience_) continue;
    e.awaited = false;
    e.impatient = true;
    e.failure = cannot_find(e) + "no answer within " + std::to_string(patience_) +
                " ms; check the name servers";
    to_->resolved(i);
  }
  set_timer();
}

void resolver::know(const std::vector<endpoint_url>& endpoints, const srv_source& discovery) {
  entries_.resize(endpoints.size());
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    entries_[i].host = endpoints[i].host;
    entries_[i].records = discovery;
    entries_[i].literal = discovery.domain.empty() && !is_named(endpoints[i]);
  }
}

void resolver::open(uv_loop_t* loop, owner& to, std::chrono::milliseconds patience) noexcept {
  loop_ = loop;
  to_ = &to;
  patience_ = static_cast<std::uint64_t>(patience.count());
  // A dead name server must leave time for the next one.
  lookups_.open(loop, *this, std::max(patience / 3, std::chrono::milliseconds(50)));
  lookups_open_ = true;
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  timer_open_ = true;
}

resolver::state resolver::ask(std::size_t endpoint) {
  entry& e = entries_[endpoint];
  if (e.literal) return state::ready;
  if (!e.running) {
    const std::uint64_t age = uv_now(loop_) - e.asked;
    const bool good = !e.addresses.empty() && !e.distrusted;
    if (e.asked == 0 || age >= (good ? fresh_ms : again_ms)) start(endpoint);
  }
  if (!e.addresses.empty()) return state::ready;
  if (!e.running || e.impatient) return state::failed;
  e.awaited = true;
  set_timer();
  return state::waiting;
}

void resolver::start(std::size_t endpoint) {
  entry& e = entries_[endpoint];
  e.asked = std::max<std::uint64_t>(uv_now(loop_), 1);
  e.impatient = false;
  e.running = true;
  if (e.records.domain.empty()) {
    lookups_.start(endpoint, e.host);
  } else {
    lookups_.start(endpoint, e.records);
  }
}

void resolver::looked_up(std::size_t endpoint, std::vector<found>&& addresses,
                         std::string&& failure) {
  entry& e = entries_[endpoint];
  e.running = e.impatient = e.distrusted = e.awaited = false;
  if (!addresses.empty()) {
    e.addresses = std::move(addresses);
  } else {
    e.failure = cannot_find(e) + failure +
                (e.records.domain.empty()
                     ? "; check the name, or give the endpoint by its address"
                     : "; check the domain and its records, or give the endpoints themselves");
  }
  to_->resolved(endpoint);
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
  uv_timer_start(&timer_, trampoline::impatient, first > now ? first - now : 1, 0);
}

void resolver::close() {
  closing_ = true;
  lookups_.close();
  uv_timer_stop(&timer_);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), trampoline::timer_closed);
}

void resolver::lookups_gone() {
  lookups_open_ = false;
  close_step();
}

void resolver::close_step() {
  if (!timer_open_ && !lookups_open_) to_->resolver_gone();
}

}  // namespace tenure::net
