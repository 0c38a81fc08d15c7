#include "directory_impl.hpp"

#include "ref.hpp"

namespace tenure::detail {

void directory_impl::release() {
  if (--refs_ == 0) delete this;
}

template <class Call>
void directory_impl::post(Call&& what) {
  session_->post([this, self = ref<directory_impl>(this), what = std::forward<Call>(what)] {
    if (!silent_) what();
  });
}

void directory_impl::told_leader(const std::string& shard, const leader_info& who) {
  if (events_.leader) post([this, shard, who] { events_.leader(shard, who); });
}

void directory_impl::told_current() {
  if (events_.current) post([this] { events_.current(); });
}

void directory_impl::told_trouble(const error& what) {
  if (events_.trouble) post([this, what] { events_.trouble(what); });
}

bool directory_impl::close(std::function<void()> closed) {
  if (session_ == nullptr) return false;
  closed_ = std::move(closed);
  session_ended();
  return true;
}

void directory_impl::silence() {
  silent_ = true;
  if (session_ != nullptr) close({});
  release();
}

void directory_impl::session_ended() {
  session_->post([this] {
    const auto closed = std::move(closed_);
    if (!silent_ && closed) closed();
    release();
  });
  session_ = nullptr;
}

}  // namespace tenure::detail
