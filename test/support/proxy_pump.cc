#include "test/support/proxy_pump.hpp"

#include <algorithm>
#include <utility>

namespace tenure::test {
namespace {

constexpr std::size_t most_held = 256 * 1024;  // per direction, then the sender has to wait
constexpr std::uint64_t throttle_tick_ms = 50;

}  // namespace

pump::pump(uv_loop_t* loop, const traffic& behaviour, owner told)
    : behaviour_(behaviour), owner_(std::move(told)) {
  uv_timer_init(loop, &timer_);
  timer_.data = this;
}

void pump::connect(uv_tcp_t* from, uv_tcp_t* into) {
  from_ = from;
  into_ = into;
  from_->data = this;
  update();
}

void pump::close(void* data, uv_close_cb closed) {
  closing_ = true;
  timer_.data = data;
  uv_close(handle_of(&timer_), closed);
}

void pump::update() {
  if (from_ == nullptr || closing_) return;
  // The throttle may have been loosened.
  free_at_ = std::min(free_at_, uv_now(timer_.loop) + throttle_tick_ms);
  deliver();
  read_if_wanted();
}

void pump::read_if_wanted() {
  if (closing_) return;
  const bool wanted = !ended_ && behaviour_.how == traffic::mode::pass &&
                      held_bytes_ + stream_of(into_)->write_queue_size < most_held;
  if (wanted == reading_) return;
  reading_ = wanted;
  if (!wanted) {
    uv_read_stop(stream_of(from_));
    return;
  }
  const auto on_room = [](uv_handle_t*, std::size_t, uv_buf_t* buf) {
    static char room[65536];  // one read at a time, and it is copied at once
    *buf = uv_buf_init(room, sizeof room);
  };
  uv_read_start(stream_of(from_), on_room, on_read);
}

void pump::on_read(uv_stream_t* stream, ssize_t got, const uv_buf_t* buf) {
  auto* self = static_cast<pump*>(stream->data);
  if (got == 0) return;
  if (got < 0 && got != UV_EOF) return self->owner_.failed();
  self->ended_ = got < 0;
  std::string bytes =
      got < 0 ? std::string() : std::string(buf->base, static_cast<std::size_t>(got));
  self->held_bytes_ += bytes.size();
  const auto delay = static_cast<std::uint64_t>(self->behaviour_.delay_ms);
  self->held_.push_back({uv_now(stream->loop) + delay, std::move(bytes)});
  self->deliver();
  self->read_if_wanted();
}

void pump::wait_until(std::uint64_t due) {
  const auto on_due = [](uv_timer_t* timer) { static_cast<pump*>(timer->data)->update(); };
  uv_timer_start(&timer_, on_due, due - uv_now(timer_.loop), 0);
}

void pump::deliver() {
  uv_timer_stop(&timer_);
  while (!held_.empty() && behaviour_.how == traffic::mode::pass) {
    chunk& next = held_.front();
    const std::uint64_t now = uv_now(timer_.loop);
    const std::uint64_t due =
        behaviour_.bytes_per_second != 0 ? std::max(next.due, free_at_) : next.due;
    if (due > now) return wait_until(due);
    if (next.bytes.empty()) {
      held_.pop_front();
      return shut();
    }
    std::size_t length = next.bytes.size();
    if (const std::size_t limit = behaviour_.bytes_per_second; limit != 0) {
      length = std::min(length, std::max<std::size_t>(1, limit * throttle_tick_ms / 1000));
      free_at_ = now + std::max<std::uint64_t>(1, length * 1000 / limit);
    }
    std::string bytes = next.bytes.substr(0, length);
    next.bytes.erase(0, length);
    if (next.bytes.empty()) held_.pop_front();
    held_bytes_ -= length;
    send(std::move(bytes));
  }
}

void pump::shut() {
  auto* request = new uv_shutdown_t;
  request->data = this;
  const auto on_shut = [](uv_shutdown_t* done, int) {
    auto* self = static_cast<pump*>(done->data);
    delete done;
    if (!self->closing_) self->owner_.ended();
  };
  if (uv_shutdown(request, stream_of(into_), on_shut) == 0) return;
  delete request;
  owner_.failed();
}

void pump::send(std::string bytes) {
  auto* writing = new write_request;
  writing->bytes = std::move(bytes);
  writing->on = this;
  writing->request.data = writing;
  const uv_buf_t buf =
      uv_buf_init(writing->bytes.data(), static_cast<unsigned>(writing->bytes.size()));
  const auto on_written = [](uv_write_t* request, int) {
    auto* done = static_cast<write_request*>(request->data);
    pump* const on = done->on;
    delete done;
    on->read_if_wanted();
  };
  if (uv_write(&writing->request, stream_of(into_), &buf, 1, on_written) != 0) delete writing;
}

}  // namespace tenure::test
