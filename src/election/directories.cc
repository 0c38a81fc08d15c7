#include "election/directories.hpp"

#include <algorithm>
#include <utility>

#include "election/directory_impl.hpp"
#include "session/session_impl.hpp"

namespace tenure::detail {

namespace {

// How many shards are looked at in one go.
constexpr int slice = 64;

}  // namespace

void directories::add(directory_impl* one) {
  all_.push_back(one);
  if (all_.size() == 1) {
    table_ = std::make_shared<directory_table>(app_);
    state_ = state::outdated;
    session_.apply(core::follow{true});
  } else if (current()) {
    one->tell_all();
  }
}

void directories::remove(directory_impl* one) {
  all_.erase(std::remove(all_.begin(), all_.end(), one), all_.end());
  if (!all_.empty()) return;
  state_ = state::outdated;
  table_.reset();
  session_.apply(core::follow{false});
}

void directories::end() {
  std::vector<directory_impl*> all;
  all.swap(all_);
  table_.reset();
  state_ = state::outdated;
  for (directory_impl* one : all) one->session_ended();
}

void directories::outdated(bool anew) {
  state_ = state::outdated;
  table_->begin(anew);
}

void directories::complete() {
  table_->complete();
  state_ = state::settling;
  settled_to_.reset();
  if (!std::exchange(posted_, true)) session_.post([this] { settle(); });
}

void directories::changed(std::vector<etcd::watch_event>&& changes) {
  std::vector<directory_table::place> touched;
  const auto check_touched = [&] {
    for (const auto at : touched) check(at);
    touched.clear();
  };
  std::int64_t revision = 0;
  for (etcd::watch_event& it : changes) {
    // What one transaction did to a queue is told as one change.
    if (it.kv.mod_revision != revision) check_touched();
    revision = it.kv.mod_revision;
    const auto at = table_->change(std::move(it));
    if (at == table_->all().end() || state_ == state::outdated || at->second.touched) continue;
    at->second.touched = true;
    touched.push_back(at);
  }
  check_touched();
}

directory_table::place directories::after(const std::optional<std::string>& shard) {
  return shard ? table_->all().upper_bound(*shard) : table_->all().begin();
}

void directories::settle() {
  posted_ = false;
  if (state_ != state::settling) return;
  for (int i = 0; i < slice; ++i) {
    const auto at = after(settled_to_);
    if (at == table_->all().end()) {
      state_ = state::current;
      for (directory_impl* one : all_) one->tell_all();
      return;
    }
    settled_to_ = at->first;
    check(at);
  }
  posted_ = true;
  session_.post([this] { settle(); });
}

// Tells of a shard if it has another leader than was told.
void directories::check(directory_table::place at) {
  auto& [name, shard] = *at;
  shard.touched = false;
  table_->settle(at);
  const std::int64_t first = shard.queue.empty() ? 0 : shard.queue.front().created;
  if (shard.told != first) {
    shard.told = first;
    const leader_info who = table_->leader(name, shard);
    for (directory_impl* one : all_) one->told_leader(name, who);
  }
  if (shard.queue.empty()) table_->all().erase(at);
}

void directories::trouble(const error& what) {
  for (directory_impl* one : all_) one->told_trouble(what);
}

}  // namespace tenure::detail
