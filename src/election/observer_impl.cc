#include "election/observer_impl.hpp"

#include <algorithm>

#include "base/ref.hpp"

namespace tenure::detail {

void observer_impl::release() {
  if (--refs_ == 0) delete this;
}

template <class Call>
void observer_impl::post(Call&& what) {
  session_->post([this, self = ref<observer_impl>(this), what = std::forward<Call>(what)] {
    if (!silent_) what();
  });
}

void observer_impl::told_leader(const leader_info& who) {
  if (events_.leader) post([this, who] { events_.leader(who); });
}

void observer_impl::told_trouble(const error& what) {
  if (events_.trouble) post([this, what] { events_.trouble(what); });
}

void observer_impl::detach() {
  outlook& seen = session_->elections()[id_].see();
  seen.observers.erase(std::remove(seen.observers.begin(), seen.observers.end(), this),
                       seen.observers.end());
  if (!seen.observers.empty()) return;
  seen.leader_known = false;
  session_->apply(core::observe{id_, false});
}

bool observer_impl::close(std::function<void()> closed) {
  if (session_ == nullptr) return false;
  closed_ = std::move(closed);
  detach();
  session_ended();
  return true;
}

void observer_impl::silence() {
  silent_ = true;
  if (session_ != nullptr) close({});
  release();
}

void observer_impl::session_ended() {
  session_->post([this] {
    const auto closed = std::move(closed_);
    if (!silent_ && closed) closed();
    release();
  });
  session_ = nullptr;
}

}  // namespace tenure::detail
