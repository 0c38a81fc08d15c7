#include "election/shard_reader.hpp"

#include <algorithm>
#include <utility>

#include "election/directory_impl.hpp"
#include "session/session_impl.hpp"

namespace tenure::detail {

std::shared_ptr<shard_reader> shard_reader::of(session_impl& session) {
  // Nothing else reads all keys.
  if (session.key_reader() != nullptr)
    return std::static_pointer_cast<shard_reader>(session.key_reader());
  return std::make_shared<shard_reader>(session);
}

shard_reader::shard_reader(session_impl& session)
    : session_(session), table_(session.electorate().watched_prefix()) {}

void shard_reader::add(std::shared_ptr<directory_impl> one) {
  all_.push_back(std::move(one));
  if (all_.size() == 1) {
    session_.set_key_reader(shared_from_this());
  } else if (current()) {
    all_.back()->tell_all();
  }
}

void shard_reader::remove(const directory_impl& one) {
  all_.erase(std::remove_if(all_.begin(), all_.end(),
                            [&](const auto& each) { return each.get() == &one; }),
             all_.end());
  if (!all_.empty()) return;
  state_ = state::outdated;
  session_.set_key_reader(nullptr);
}

void shard_reader::ended() {
  state_ = state::outdated;
  // Each is let go after it was told.
  while (!all_.empty()) {
    all_.front()->ended();
    all_.erase(all_.begin());
  }
}

void shard_reader::told_outdated(bool anew) {
  state_ = state::outdated;
  table_.begin(anew);
}

void shard_reader::told_page(std::int64_t revision, std::vector<etcd::key_value>&& keys) {
  table_.page(revision, std::move(keys));
}

void shard_reader::told_complete() {
  table_.complete();
  state_ = state::comparing;
  compared_to_.reset();
  const auto post = [self = shared_from_this()](auto what) {
    self->session_.post([self, what = std::move(what)] { what(); });
  };
  comparing_.run_later(post, [this] { return compare_next(); });
}

void shard_reader::told_changes(std::vector<etcd::watch_event>&& changes) {
  std::vector<shard_table::place> touched;
  const auto compare_touched = [&] {
    for (const auto at : touched) compare(at);
    touched.clear();
  };
  std::int64_t revision = 0;
  for (etcd::watch_event& it : changes) {
    // What one transaction did to a queue is told as one change.
    if (it.kv.mod_revision != revision) compare_touched();
    revision = it.kv.mod_revision;
    const auto at = table_.change(std::move(it));
    if (at == table_.all().end() || state_ == state::outdated || at->second.touched) continue;
    at->second.touched = true;
    touched.push_back(at);
  }
  compare_touched();
}

bool shard_reader::compare_next() {
  if (state_ != state::comparing) return false;
  const auto at = table_.after(compared_to_);
  if (at == table_.all().end()) {
    state_ = state::current;
    for (const auto& each : all_) each->tell_all();
    return false;
  }
  compared_to_ = at->first;
  compare(at);
  return true;
}

// Tells of a shard if it has another leader than was told.
void shard_reader::compare(shard_table::place at) {
  auto& [name, shard] = *at;
  shard.touched = false;
  table_.drop_stale(at);
  const std::int64_t first = shard.queue.empty() ? 0 : shard.queue.front().created;
  if (shard.told != first) {
    shard.told = first;
    const leader_info who = table_.leader(name, shard);
    for (const auto& each : all_) each->told_leader(name, who);
  }
  if (shard.queue.empty()) table_.all().erase(at);
}

void shard_reader::told_trouble(const error& what) {
  for (const auto& each : all_) each->told_trouble(what);
}

}  // namespace tenure::detail
