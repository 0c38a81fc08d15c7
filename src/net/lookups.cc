#include "net/lookups.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include <ares.h>
#include <netdb.h>
#include <netinet/in.h>

#include "base/fork_guard.hpp"
#include "base/guarded.hpp"
#include "base/testing.hpp"

namespace tenure::net {

namespace {

// All name servers are asked once, then again with twice the patience, and so on.
constexpr int rounds = 4;

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

}  // namespace

struct lookups::lookup {
  explicit lookup(lookups& of, std::size_t number) : all(of), name(number) {}
  ~lookup() {
    if (channel != nullptr) ares_destroy(channel);
  }
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;

  void begin(const std::string& host);
  void failed(int status) {
    ended = true;
    (void)has_memory_for([&] { failure = ares_strerror(status); });
  }

  lookups& all;
  std::size_t name;
  ares_channel channel = nullptr;
  std::vector<int> fds;
  bool ended = false;
  std::vector<std::string> addresses;
  std::string failure;
};

// Nothing of c-ares is ended from inside its callbacks.
struct lookups::trampoline {
  static void socket(void* context, ares_socket_t fd, int readable, int writable) noexcept {
    auto* self = static_cast<lookup*>(context);
    const int events = (readable != 0 ? UV_READABLE : 0) | (writable != 0 ? UV_WRITABLE : 0);
    // What cannot be watched its time-out tells.
    (void)has_memory_for([&] { self->all.watch(*self, fd, events); });
  }

  static void answered(void* context, int status, int, ares_addrinfo* found) noexcept {
    auto* self = static_cast<lookup*>(context);
    const bool told = has_memory_for([&] {
      if (status != ARES_SUCCESS || found == nullptr) return self->failed(status);
      self->addresses = texts(*found);
      if (self->addresses.empty()) self->failure = "it has no address";
      self->ended = true;
    });
    if (!told) self->failed(ARES_ENOMEM);
    if (found != nullptr) ares_freeaddrinfo(found);
  }

  static void ready(void* context, int fd, int status, int events) noexcept {
    constexpr int both = UV_READABLE | UV_WRITABLE;  // c-ares finds the error itself
    static_cast<lookups*>(context)->ready(fd, status < 0 ? both : events);
  }
  static void polls_gone(void* context) noexcept { static_cast<lookups*>(context)->close_step(); }
  static void due(uv_timer_t* timer) noexcept { static_cast<lookups*>(timer->data)->tick(); }
  static void timer_closed(uv_handle_t* timer) noexcept {
    auto* self = static_cast<lookups*>(timer->data);
    self->timer_open_ = false;
    self->close_step();
  }
};

void lookups::lookup::begin(const std::string& host) {
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
  if (status != ARES_SUCCESS) {
    failed(status);
    return;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, &trampoline::answered, this);
}

lookups::lookups() = default;

lookups::~lookups() { assert(!timer_open_ && polls_.empty()); }

void lookups::open(uv_loop_t* loop, owner& to, std::chrono::milliseconds each) {
  loop_ = loop;
  to_ = &to;
  each_ms_ = static_cast<int>(each.count());
  life_ = fork_guard::begin();
  polls_.open(loop, &trampoline::ready, &trampoline::polls_gone, this);
  uv_timer_init(loop, &timer_);
  timer_.data = this;
  timer_open_ = true;
}

void lookups::start(std::size_t name, const std::string& host) {
  running_.push_back(std::make_unique<lookup>(*this, name));
  running_.back()->begin(host);
  tell_ended();
}

void lookups::watch(lookup& one, int fd, int events) {
  one.fds.erase(std::remove(one.fds.begin(), one.fds.end(), fd), one.fds.end());
  if (events == 0) {
    polls_.forget(fd);
    sockets_.closed(fd);
    return;
  }
  sockets_.opened(fd);
  if (polls_.watch(fd, events) == 0) one.fds.push_back(fd);
}

void lookups::ready(int fd, int events) {
  if (!fork_guard::still(life_)) return;  // the answer is the parent's
  const auto found = std::find_if(running_.begin(), running_.end(), [fd](const auto& each) {
    return std::find(each->fds.begin(), each->fds.end(), fd) != each->fds.end();
  });
  if (found == running_.end()) return;
  ares_process_fd((*found)->channel, (events & UV_READABLE) != 0 ? fd : ARES_SOCKET_BAD,
                  (events & UV_WRITABLE) != 0 ? fd : ARES_SOCKET_BAD);
  if (!has_memory_for([this] { tell_ended(); })) to_->out_of_memory();
}

void lookups::tick() {
  if (!fork_guard::still(life_)) return;
  for (const auto& each : running_)
    ares_process_fd(each->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  if (!has_memory_for([this] { tell_ended(); })) to_->out_of_memory();
}

// What is told may start others, or close this.
void lookups::tell_ended() {
  for (;;) {
    const auto found = std::find_if(running_.begin(), running_.end(),
                                    [](const auto& each) { return each->ended; });
    if (found == running_.end()) break;
    const std::unique_ptr<lookup> over = std::move(*found);
    running_.erase(found);
    to_->looked_up(over->name, std::move(over->addresses), std::move(over->failure));
  }
  set_timer();
}

void lookups::set_timer() {
  if (closing_) return;
  uv_timer_stop(&timer_);
  if (running_.empty()) return;
  timeval soonest{};
  timeval* wait = nullptr;
  for (const auto& each : running_) {
    // c-ares gives back the sooner of what it was given and of what it wants.
    timeval own{};
    if (timeval* const wants = ares_timeout(each->channel, wait, &own)) {
      soonest = *wants;
      wait = &soonest;
    }
  }
  if (wait == nullptr) return;
  const auto ms = static_cast<std::uint64_t>(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1);
  uv_timer_start(&timer_, &trampoline::due, ms, 0);
}

// As multi does it.
void lookups::let_go() {
  sockets_.let_go();
  polls_.close_all();
}

void lookups::close() {
  closing_ = true;
  running_.clear();  // c-ares forgets its sockets: the polls are still there to hear it
  polls_.close_all();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), &trampoline::timer_closed);
}

void lookups::close_step() {
  if (!timer_open_ && polls_.empty()) to_->lookups_gone();
}

}  // namespace tenure::net
