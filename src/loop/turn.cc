#include "loop/turn.hpp"

#include <utility>

namespace tenure {

void turn::open(uv_loop_t* loop) {
  uv_prepare_init(loop, &prepare_);
  prepare_.data = this;
  uv_prepare_start(&prepare_,
                   [](uv_prepare_t* h) noexcept { static_cast<turn*>(h->data)->used_ = 0; });
  uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_));
}

void turn::close(std::function<void()> closed) {
  closed_ = std::move(closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), [](uv_handle_t* h) noexcept {
    const std::function<void()> closed = std::move(static_cast<turn*>(h->data)->closed_);
    closed();
  });
}

}  // namespace tenure
