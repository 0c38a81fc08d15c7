// A directory behind its handle: what it has told its user of the table of shards.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "election/follower.hpp"
#include "election/shard_reader.hpp"
#include "tenure/directory.hpp"

namespace tenure::detail {

class directory_impl final : public follower {
 public:
  [[nodiscard]] static std::shared_ptr<directory_impl> follow(session_impl& session,
                                                              directory_events events);
  directory_impl(session_impl& session, directory_events events);

  // The table is current. Tells of each shard that this directory has not told of, then that all is
  // told.
  void tell_all();
  // A shard's leader is another than was told.
  void told_leader(const std::string& shard, const leader_info& who);
  void told_trouble(const error& what);
  void ended();

  [[nodiscard]] bool current() const {
    return in_use() && session_->is_open() && complete_ && reader_->current();
  }
  // Null if there is nothing to look into.
  [[nodiscard]] std::shared_ptr<const shard_table> table() const;

 private:
  void detach() override;
  void tell_next();

  std::shared_ptr<shard_reader> reader_;  // while in use
  directory_events events_;
  bool complete_ = false;               // every shard has been told once
  bool posted_ = false;                 // the telling of the next
  std::optional<std::string> told_to_;  // the last one told
};

}  // namespace tenure::detail
