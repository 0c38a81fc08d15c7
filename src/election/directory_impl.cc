#include "election/directory_impl.hpp"

#include "base/ref.hpp"

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
  // What lies ahead of the telling of all will be told by it.
  if (!complete_ && (!told_to_ || shard > *told_to_)) return;
  if (events_.leader) post([this, shard, who] { events_.leader(shard, who); });
}

void directory_impl::tell_all() {
  if (std::exchange(posted_, true)) return;
  post([this] { tell_next(); });
}

// One at a time: how many fit into a turn is the dispatcher's to decide.
void directory_impl::tell_next() {
  posted_ = false;
  if (session_ == nullptr || !session_->directories().current())
    return;  // it goes on when it is current again
  if (!complete_) {
    const auto table = session_->directories().table();
    const auto& all = table->all();
    const auto at = told_to_ ? all.upper_bound(*told_to_) : all.begin();
    if (at != all.end()) {
      told_to_ = at->first;
      tell_all();
      if (events_.leader) events_.leader(at->first, table->leader(at->first, at->second));
      return;
    }
    complete_ = true;
    told_to_.reset();
  }
  if (events_.current) events_.current();
}

std::shared_ptr<const directory_table> directory_impl::table() const {
  return session_ != nullptr ? session_->directories().table() : nullptr;
}

void directory_impl::told_trouble(const error& what) {
  if (events_.trouble) post([this, what] { events_.trouble(what); });
}

bool directory_impl::close(std::function<void()> closed) {
  if (session_ == nullptr) return false;
  closed_ = std::move(closed);
  session_->directories().remove(this);
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
