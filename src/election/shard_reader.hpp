// What all directories of a session share: it keeps the table of shards current, and tells each
// directory what it was not told yet. The first directory makes it; it goes with the last one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "election/shard_table.hpp"
#include "loop/slicer.hpp"
#include "session/client.hpp"

namespace tenure::detail {

class directory_impl;
class session_impl;

class shard_reader final : public key_reader, public std::enable_shared_from_this<shard_reader> {
 public:
  // The session's, or a new one.
  [[nodiscard]] static std::shared_ptr<shard_reader> of(session_impl& session);
  explicit shard_reader(session_impl& session);

  void add(std::shared_ptr<directory_impl> one);
  void remove(const directory_impl& one);

  void told_outdated(bool anew) override;
  void told_page(std::int64_t revision, std::vector<etcd::key_value>&& keys) override;
  void told_complete() override;
  void told_changes(std::vector<etcd::watch_event>&& changes) override;
  void told_trouble(const error& what) override;
  void ended() override;
  [[nodiscard]] std::string_view next_key() const override { return table_.next_key(); }

  [[nodiscard]] const shard_table& table() const { return table_; }
  [[nodiscard]] bool current() const { return state_ == state::current; }

 private:
  bool compare_next();
  void compare(shard_table::place at);

  enum class state {
    outdated,
    comparing,  // the read is complete; what it changed is told in slices
    current,
  };
  session_impl& session_;
  std::vector<std::shared_ptr<directory_impl>> all_;
  shard_table table_;
  state state_ = state::outdated;
  slicer comparing_{64};
  std::optional<std::string> compared_to_;
};

}  // namespace tenure::detail
