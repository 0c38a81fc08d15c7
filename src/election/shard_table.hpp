// The candidates of all shards of an application. Pages of a read and changes of the watch tell of
// them, in whatever order. For each key the later revision counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "etcd/response.hpp"
#include "tenure/candidate.hpp"

namespace tenure::detail {

class shard_table {
 public:
  // One key. Small, since there may be tens of thousands.
  struct candidate {
    std::int64_t created;
    std::int64_t modified;
    std::int64_t lease;  // from the key's name; 0: `text` begins with the name
    std::string text;    // the value
    std::uint32_t name_size;
    std::uint32_t read;  // the number of the read that saw it last; 0: only the watch did
  };
  struct shard {
    std::vector<candidate> queue;  // by create revision
    std::int64_t told = 0;         // create revision of the leader's key as told; 0: none
    bool touched = false;          // is to be looked at when the revision's changes are all in
  };
  using shards = std::map<std::string, shard, std::less<>>;
  using place = shards::iterator;

  // All keys of the application begin with this: APP/
  explicit shard_table(std::string prefix) : prefix_(std::move(prefix)), next_key_(prefix_) {}

  // The next page is the first of a new read. `anew`: with a new history, in which old revisions
  // mean nothing.
  void begin(bool anew);
  // The next page of the read, which is as of `revision`.
  void page(std::int64_t revision, std::vector<etcd::key_value>&& keys);
  // Where the page after that begins.
  [[nodiscard]] const std::string& next_key() const { return next_key_; }
  // There is no further page.
  void complete();
  // A change that the watch told of. The shard whose queue it is about, or the end.
  place change(etcd::watch_event&& what);
  // After `complete`: drops the candidates that the read did not find.
  void drop_stale(place at);

  // How many shards have a candidate.
  [[nodiscard]] std::size_t occupied() const;
  [[nodiscard]] const shards& all() const { return shards_; }
  shards& all() { return shards_; }
  // The first shard after this one; of all, if there is none.
  [[nodiscard]] place after(const std::optional<std::string>& shard) {
    return shard ? shards_.upper_bound(*shard) : shards_.begin();
  }
  [[nodiscard]] shards::const_iterator after(const std::optional<std::string>& shard) const {
    return shard ? shards_.upper_bound(*shard) : shards_.begin();
  }
  // `!leader` if nobody leads.
  [[nodiscard]] leader_info leader(const std::string& name, const shard& of) const;
  [[nodiscard]] std::vector<leader_info> queue(std::string_view shard) const;

 private:
  bool split(std::string_view key, std::string_view& shard, std::string_view& name) const;
  place find(std::string_view shard, bool make);
  void put(shard& to, std::string_view name, etcd::key_value&& kv, std::uint32_t read);
  [[nodiscard]] bool outlived(const etcd::key_value& kv) const;
  [[nodiscard]] leader_info info(std::string_view shard, const candidate& of) const;

  std::string prefix_;  // APP/
  shards shards_;
  std::string next_key_;
  std::uint32_t read_ = 1;     // counts the reads
  std::int64_t revision_ = 0;  // of the read; 0 until its first page is there
  bool reading_ = true;
  std::unordered_map<std::string, std::int64_t>
      deleted_;  // while reading: a page may show them still
};

}  // namespace tenure::detail
