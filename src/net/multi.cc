#include "net/multi.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/fork_guard.hpp"
#include "base/guarded.hpp"
#include "net/cloexec.hpp"
#include "net/sigpipe.hpp"

namespace tenure::net {

struct multi::trampoline {
  static int socket(CURL* easy, curl_socket_t fd, int what, void* context, void*) noexcept {
    auto* self = static_cast<multi*>(context);
    // An error must not be given to curl: it would declare the whole multi handle dead.
    if (!has_memory_for([&] { self->watch(easy, fd, what); })) self->unwatchable(easy);
    return 0;
  }

  static int timer(CURLM*, long ms, void* context) noexcept {
    auto* self = static_cast<multi*>(context);
    if (self->closing_) return 0;
    if (self->woken_) return 0;  // due at once anyway; after that curl says anew what it wants
    uv_idle_stop(&self->soon_);
    if (ms < 0) {
      uv_timer_stop(&self->timer_);
    } else {
      self->start_timer(static_cast<std::uint64_t>(ms));
    }
    return 0;
  }

  static void due(uv_timer_t* handle) noexcept {
    static_cast<multi*>(handle->data)->start_timer(0);
  }

  static void soon(uv_idle_t* handle) noexcept {
    auto* self = static_cast<multi*>(handle->data);
    // Once at most: a stream may have more than its share to read in every turn to come.
    if (self->turn_->spent() && !std::exchange(self->soon_waited_, true)) return;
    self->soon_waited_ = false;
    uv_idle_stop(handle);
    self->expired();
  }

  static void ready(void* context, int fd, int status, int events) noexcept {
    // libuv tells of it again in the next turn.
    if (status == 0 && static_cast<multi*>(context)->turn_->spent()) return;
    // Not the error alone. With that curl would end the transfer at once: what came before a reset
    // would stay unread, and the message would only be "poll returned error".
    int flags = status < 0 ? CURL_CSELECT_ERR | CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
    if ((events & UV_READABLE) != 0) flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0) flags |= CURL_CSELECT_OUT;
    static_cast<multi*>(context)->act(fd, flags);
  }

  static void polls_gone(void* context) noexcept { static_cast<multi*>(context)->close_step(); }

  static void handle_closed(uv_handle_t* handle) noexcept {
    auto* self = static_cast<multi*>(handle->data);
    --self->handles_;
    self->close_step();
  }
};

multi::~multi() { assert(handle_ == nullptr && handles_ == 0); }

void multi::watch(CURL* easy, curl_socket_t fd, int what) {
  // curl may say so with a handle of its own. What counts is for whom it watched the socket.
  CURL* before = transfers_.watched(fd, what == CURL_POLL_REMOVE ? nullptr : easy);
  if (before != nullptr && acting_) stalled_.push_back(before);
  if (what == CURL_POLL_REMOVE) {
    polls_.forget(fd);
    return;
  }
  stalled_.erase(std::remove(stalled_.begin(), stalled_.end(), easy), stalled_.end());
  int events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= UV_READABLE;
  if ((what & CURL_POLL_OUT) != 0) events |= UV_WRITABLE;
  if (polls_.watch(fd, events) != 0) unwatchable(easy);
}

bool multi::open(uv_loop_t* loop, owner& to, turn& now, bool tls, long idle_connections) {
  handle_ = open_multi_close_on_exec();
  if (handle_ == nullptr) return false;
  if (tls) forget_sessions();
  life_ = fork_guard::begin();
  to_ = &to;
  turn_ = &now;
  tls_ = tls;
  curl_multi_setopt(handle_, CURLMOPT_SOCKETFUNCTION, &trampoline::socket);
  curl_multi_setopt(handle_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(handle_, CURLMOPT_TIMERFUNCTION, &trampoline::timer);
  curl_multi_setopt(handle_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(handle_, CURLMOPT_MAXCONNECTS, idle_connections);
  polls_.open(loop, &trampoline::ready, &trampoline::polls_gone, this);
  uv_timer_init(loop, &timer_);
  uv_idle_init(loop, &soon_);
  timer_.data = soon_.data = this;
  handles_ = 2;
  return true;
}

void multi::forget_sessions() {
  sessions_.reset(curl_share_init(), [](CURLSH* share) { curl_share_cleanup(share); });
  if (sessions_ != nullptr)
    curl_share_setopt(sessions_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

void multi::share_sessions(CURL* easy, std::shared_ptr<CURLSH>& held) const {
  if (held != sessions_ && curl_easy_setopt(easy, CURLOPT_SHARE, sessions_.get()) == CURLE_OK)
    held = sessions_;
}

CURLMcode multi::add(CURL* easy, transfer& its) {
  transfers_.add(easy, its);
  unwatched_.reserve(transfers_.size());  // curl's callbacks say later what cannot be watched
  const sigpipe_guard guard(tls_);
  const CURLMcode code = curl_multi_add_handle(handle_, easy);
  if (code != CURLM_OK) transfers_.remove(easy);
  return code;
}

void multi::remove(CURL* easy) {
  const sigpipe_guard guard(tls_);
  curl_multi_remove_handle(handle_, easy);
  transfers_.remove(easy);
  stalled_.erase(std::remove(stalled_.begin(), stalled_.end(), easy), stalled_.end());
  unwatched_.erase(std::remove(unwatched_.begin(), unwatched_.end(), easy), unwatched_.end());
}

void multi::clean_up(CURL* easy) {
  const sigpipe_guard guard(tls_);
  curl_easy_cleanup(easy);
}

void multi::resume(CURL* easy) {
  const sigpipe_guard guard(tls_);
  curl_easy_pause(easy, CURLPAUSE_CONT);
}

void multi::wake() {
  if (closing_ || woken_) return;
  start_timer(0);
  woken_ = true;
}

void multi::socket_opened(CURL* easy, int fd, const std::string& path) {
  sockets_.opened(fd, path);
  if (polls_.renumbered(fd) != 0) unwatchable(easy);
}

void multi::start_timer(std::uint64_t ms) {
  if (ms == 0) {
    uv_timer_stop(&timer_);
    uv_idle_start(&soon_, &trampoline::soon);
  } else {
    uv_timer_start(&timer_, &trampoline::due, ms, 0);
  }
}

void multi::expired() {
  woken_ = false;
  act(CURL_SOCKET_TIMEOUT, 0);
}

void multi::unwatchable(CURL* easy) noexcept {
  if (transfers_.find(easy) == nullptr) return;
  if (std::find(unwatched_.begin(), unwatched_.end(), easy) != unwatched_.end()) return;
  unwatched_.push_back(easy);
  if (!acting_) wake();
}

void multi::act(curl_socket_t fd, int events) {
  // A forked child has our descriptors. What it sends or reads would be missing in its parent's
  // connections.
  if (!fork_guard::still(life_)) return;
  const turn::piece work(*turn_);
  acting_ = true;
  {
    const sigpipe_guard guard(tls_);
    int running = 0;
    // A descriptor that curl has forgotten meanwhile gives an error that means nothing.
    curl_multi_socket_action(handle_, fd, events, &running);
  }
  acting_ = false;
  const bool told = has_memory_for([this, fd] {
    report();
    if (transfer* its = transfers_.on(fd)) its->read_more(fd);
    to_->settled();
  });
  if (!told) to_->out_of_memory();
}

// Reads the messages whatever the number of running transfers. Else the last one to end by a
// time-out would never be reported.
void multi::report() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle_, &left)) {
    // The message itself dies with the removal.
    if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
  }
  while (!unwatched_.empty()) end(unwatched_.back(), CURLE_FAILED_INIT);
  std::vector<CURL*> stalled;
  stalled.swap(stalled_);  // resuming one lets curl call back at once
  for (CURL* easy : stalled) {
    if (transfer* its = transfers_.find(easy)) its->no_longer_watched();
  }
}

void multi::end(CURL* easy, CURLcode result) {
  transfer* its = transfers_.find(easy);
  if (its == nullptr) return;
  remove(easy);
  its->ended(result);
}

// The descriptors first. If nobody called uv_loop_fork, both processes share an epoll instance.
// What libuv takes back there, by its number, would be the parent's.
void multi::let_go() {
  sockets_.let_go();
  polls_.close_all();
}

void multi::close() {
  closing_ = true;
  {
    const sigpipe_guard guard(tls_);
    curl_multi_cleanup(handle_);  // pooled connections end here: its callbacks still find the polls
  }
  sessions_.reset();
  handle_ = nullptr;
  polls_.close_all();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), &trampoline::handle_closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&soon_), &trampoline::handle_closed);
}

void multi::close_step() {
  if (handles_ == 0 && polls_.empty()) to_->gone();
}

}  // namespace tenure::net
