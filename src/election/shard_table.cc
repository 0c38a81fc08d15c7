#include "election/shard_table.hpp"

#include <algorithm>
#include <utility>

#include "wire/names.hpp"
#include "wire/value.hpp"

namespace tenure::detail {

namespace {

constexpr std::string_view last_part = "leader/";
constexpr std::size_t longest_value = 64u << 10;

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

std::string name_of(const shard_table::candidate& c) {
  return c.lease != 0 ? names::key("", c.lease).substr(1) : c.text.substr(0, c.name_size);
}

bool is_named(const shard_table::candidate& c, std::string_view name, std::int64_t lease) {
  return lease != 0 ? c.lease == lease
                    : c.lease == 0 && std::string_view(c.text).substr(0, c.name_size) == name;
}

}  // namespace

// APP/leader/NAME or APP/SHARD/leader/NAME. A key whose name has slashes is in the queue, too.
bool shard_table::split(std::string_view key, std::string_view& shard,
                        std::string_view& name) const {
  if (!starts_with(key, prefix_)) return false;
  key.remove_prefix(prefix_.size());
  shard = {};
  if (!starts_with(key, last_part)) {
    const auto slash = key.find('/');
    if (slash == std::string_view::npos || slash == 0) return false;
    shard = key.substr(0, slash);
    key.remove_prefix(slash + 1);
    if (!starts_with(key, last_part)) return false;
  }
  name = key.substr(last_part.size());
  return true;
}

shard_table::place shard_table::find(std::string_view shard, bool make) {
  const auto at = shards_.find(shard);
  if (at != shards_.end() || !make) return at;
  std::string name(shard);
  // Nobody could stand in an election of such a name.
  if (names::check_shard(name)) return shards_.end();
  return shards_.try_emplace(std::move(name)).first;
}

void shard_table::begin(bool anew) {
  ++read_;
  revision_ = 0;
  reading_ = true;
  next_key_ = prefix_;
  deleted_.clear();
  if (!anew) return;
  for (auto& [name, each] : shards_) {
    for (candidate& c : each.queue) c.modified = 0;
  }
}

bool shard_table::outlived(const etcd::key_value& kv) const {
  if (deleted_.empty()) return false;
  const auto at = deleted_.find(kv.key);
  return at != deleted_.end() && at->second >= kv.mod_revision;
}

void shard_table::put(shard& to, std::string_view name, etcd::key_value&& kv, std::uint32_t read) {
  const std::int64_t lease = names::lease(name);
  auto at = std::lower_bound(
      to.queue.begin(), to.queue.end(), kv.create_revision,
      [](const candidate& c, std::int64_t created) { return c.created < created; });
  while (at != to.queue.end() && at->created == kv.create_revision && !is_named(*at, name, lease))
    ++at;
  const bool is_new = at == to.queue.end() || at->created != kv.create_revision;
  if (is_new) at = to.queue.insert(at, candidate{kv.create_revision, 0, lease, {}, 0, 0});
  if (read != 0) at->read = read;
  if (kv.mod_revision <= at->modified) return;
  at->modified = kv.mod_revision;
  if (kv.value.size() > longest_value) kv.value.resize(longest_value);
  if (lease == 0) kv.value.insert(0, name);
  at->name_size = lease == 0 ? static_cast<std::uint32_t>(name.size()) : 0;
  at->text = std::move(kv.value);
}

void shard_table::page(std::int64_t revision, std::vector<etcd::key_value>&& keys) {
  revision_ = revision;
  if (!keys.empty()) next_key_ = keys.back().key + '\0';
  for (etcd::key_value& kv : keys) {
    std::string_view shard;
    std::string_view name;
    if (!split(kv.key, shard, name) || outlived(kv)) continue;
    if (const auto at = find(shard, true); at != shards_.end())
      put(at->second, name, std::move(kv), read_);
  }
}

void shard_table::complete() {
  reading_ = false;
  deleted_ = {};
}

shard_table::place shard_table::change(etcd::watch_event&& what) {
  std::string_view shard;
  std::string_view name;
  // What happened up to the read is in it.
  if (what.kv.mod_revision <= revision_ || !split(what.kv.key, shard, name)) return shards_.end();
  if (!what.deleted) {
    const auto at = outlived(what.kv) ? shards_.end() : find(shard, true);
    if (at != shards_.end()) put(at->second, name, std::move(what.kv), 0);
    return at;
  }
  const auto at = find(shard, false);
  if (at != shards_.end()) {
    auto& queue = at->second.queue;
    const auto gone = [&, lease = names::lease(name)](const candidate& c) {
      return c.modified < what.kv.mod_revision && is_named(c, name, lease);
    };
    queue.erase(std::remove_if(queue.begin(), queue.end(), gone), queue.end());
  }
  if (reading_) deleted_[std::move(what.kv.key)] = what.kv.mod_revision;
  return at;
}

void shard_table::drop_stale(place at) {
  auto& queue = at->second.queue;
  const auto stale = [this](const candidate& c) {
    return c.read != read_ && c.modified <= revision_;
  };
  queue.erase(std::remove_if(queue.begin(), queue.end(), stale), queue.end());
}

std::size_t shard_table::occupied() const {
  return static_cast<std::size_t>(std::count_if(
      shards_.begin(), shards_.end(), [](const auto& each) { return !each.second.queue.empty(); }));
}

leader_info shard_table::info(std::string_view shard, const candidate& of) const {
  leader_info who;
  who.fencing_token = of.created;
  who.key = prefix_;
  if (!shard.empty()) who.key.append(shard).append("/");
  who.key.append(last_part).append(name_of(of));
  who.value = of.text.substr(of.name_size);
  who.instance = value::instance_of(who.value);
  return who;
}

leader_info shard_table::leader(const std::string& name, const shard& of) const {
  return of.queue.empty() ? leader_info() : info(name, of.queue.front());
}

std::vector<leader_info> shard_table::queue(std::string_view shard) const {
  std::vector<leader_info> all;
  const auto at = shards_.find(shard);
  if (at == shards_.end()) return all;
  all.reserve(at->second.queue.size());
  for (const candidate& c : at->second.queue) all.push_back(info(shard, c));
  return all;
}

}  // namespace tenure::detail
