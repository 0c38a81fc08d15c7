#include "tenure/directory.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "election/directory_impl.hpp"

namespace tenure {

directory::directory(directory&& other) noexcept = default;

directory& directory::operator=(directory&& other) noexcept {
  std::swap(impl_, other.impl_);
  return *this;
}

directory::~directory() {
  if (impl_ != nullptr) impl_->silence();
}

error directory::follow(session& session, directory_events events) {
  if (impl_ != nullptr && impl_->in_use())
    return {errc::wrong_state, "the directory is in use: close it first", 0};
  if (!session.is_open()) return detail::session_impl::not_open();
  return guarded([&]() -> error {
    impl_ = detail::directory_impl::follow(*session.impl_, std::move(events));
    return {};
  });
}

bool directory::close(std::function<void()> closed) {
  return impl_ != nullptr && impl_->close(std::move(closed));
}

bool directory::current() const noexcept { return impl_ != nullptr && impl_->current(); }

leader_info directory::leader(const std::string& shard) const {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  if (!table) return {};
  leader_info who;
  (void)has_memory_for([&] {
    const auto at = table->all().find(shard);
    if (at != table->all().end()) who = table->leader(at->first, at->second);
  });
  return who;
}

std::vector<leader_info> directory::queue(const std::string& shard) const {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  std::vector<leader_info> all;
  (void)has_memory_for([&] {
    if (table) all = table->queue(shard);
  });
  return all;
}

std::vector<std::string> directory::shards() const {
  std::vector<std::string> names;
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  if (!table) return names;
  const bool all = has_memory_for([&] {
    names.reserve(table->all().size());
    for (const auto& [name, shard] : table->all()) {
      if (!shard.queue.empty()) names.push_back(name);
    }
  });
  if (!all) names.clear();
  return names;
}

void directory::for_each(
    const std::function<void(const std::string&, const leader_info&)>& each) const {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;  // held, whatever `each` closes
  if (!table) return;
  for (const auto& [name, shard] : table->all()) {
    if (!shard.queue.empty()) each(name, table->leader(name, shard));
  }
}

std::size_t directory::size() const noexcept {
  const auto table = impl_ != nullptr ? impl_->table() : nullptr;
  return table ? table->occupied() : 0;
}

}  // namespace tenure
