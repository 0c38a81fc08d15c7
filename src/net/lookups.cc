#include "net/lookups.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include <ares.h>

#include "base/fork_guard.hpp"
#include "base/guarded.hpp"
#include "net/lookup.hpp"

namespace tenure::net {

struct lookups::trampoline {
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
  running_.back()->find(host);
  tell_ended();
}

void lookups::start(std::size_t name, const srv_source& records) {
  running_.push_back(std::make_unique<lookup>(*this, name));
  running_.back()->find(records);
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
                                    [](const auto& each) { return each->due || each->ended; });
    if (found == running_.end()) break;
    if (!(*found)->ended) {
      (*found)->go_on();
      continue;
    }
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
