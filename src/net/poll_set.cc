#include "net/poll_set.hpp"

#include <cassert>
#include <memory>

namespace tenure::net {

struct poll_set::watched {
  uv_poll_t handle;
  poll_set* set;
  int fd;
  int events;

  static void on_ready(uv_poll_t* handle, int status, int events) noexcept {
    const auto* w = static_cast<watched*>(handle->data);
    w->set->ready_(w->set->context_, w->fd, status,
                   events);  // may drop w, which lives until closed
    // libuv stops a handle that has an error. curl may go on with the descriptor and not say so.
    auto* base = reinterpret_cast<uv_handle_t*>(handle);
    if (status < 0 && uv_is_closing(base) == 0 && uv_is_active(base) == 0) {
      uv_poll_start(handle, w->events, on_ready);
    }
  }

  static void on_closed(uv_handle_t* handle) noexcept {
    auto* w = static_cast<watched*>(handle->data);
    poll_set* set = w->set;
    delete w;
    if (--set->handles_ == 0 && set->closing_) set->gone_(set->context_);  // may end the set
  }
};

poll_set::~poll_set() { assert(handles_ == 0); }

void poll_set::open(uv_loop_t* loop, ready_fn ready, gone_fn gone, void* context) {
  loop_ = loop;
  ready_ = ready;
  gone_ = gone;
  context_ = context;
}

int poll_set::watch(int fd, int events) {
  const auto found = by_fd_.find(fd);
  if (found != by_fd_.end()) {
    watched* w = found->second;
    if (w->events == events) return 0;
    w->events = events;
    return uv_poll_start(&w->handle, events, watched::on_ready);
  }
  // What takes memory comes first.
  std::unique_ptr<watched> made(new watched{{}, this, fd, events});
  const auto at = by_fd_.emplace(fd, made.get()).first;
  const int failed = uv_poll_init(loop_, &made->handle, fd);
  if (failed != 0) {  // then libuv has not taken the handle
    by_fd_.erase(at);
    return failed;
  }
  watched* const w = made.release();
  w->handle.data = w;
  ++handles_;
  return uv_poll_start(&w->handle, events, watched::on_ready);
}

void poll_set::forget(int fd) {
  const auto found = by_fd_.find(fd);
  if (found == by_fd_.end()) return;
  watched* w = found->second;
  by_fd_.erase(found);
  drop(w);
}

int poll_set::renumbered(int fd) {
  const auto found = by_fd_.find(fd);
  if (found == by_fd_.end()) return 0;
  const int events = found->second->events;
  forget(fd);
  return watch(fd, events);
}

void poll_set::close_all() {
  closing_ = true;
  for (const auto& [fd, w] : by_fd_) drop(w);
  by_fd_.clear();
}

void poll_set::drop(watched* w) {
  uv_poll_stop(&w->handle);  // now: the number may name another socket in a moment
  uv_close(reinterpret_cast<uv_handle_t*>(&w->handle), watched::on_closed);
}

}  // namespace tenure::net
