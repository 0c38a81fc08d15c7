// The directories of a session: they share one table, and each is told what it was not told yet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "election/directory_table.hpp"
#include "tenure/error.hpp"

namespace tenure::detail {

class directory_impl;
class session_impl;

class directories {
 public:
  explicit directories(session_impl& session) : session_(session) {}

  void open(const std::string& app) { app_ = app; }
  void add(directory_impl* one);
  void remove(directory_impl* one);
  [[nodiscard]] bool any() const { return !all_.empty(); }

  // What the core says.
  void outdated(bool anew);
  void page(std::int64_t revision, std::vector<etcd::key_value>&& keys) {
    table_->page(revision, std::move(keys));
  }
  void complete();
  void changed(std::vector<etcd::watch_event>&& changes);
  void trouble(const error& what);
  // The session has ended.
  void end();

  [[nodiscard]] std::string_view next_key() const {
    return table_ ? std::string_view(table_->next_key()) : std::string_view();
  }
  [[nodiscard]] std::shared_ptr<const directory_table> table() const { return table_; }
  [[nodiscard]] bool current() const { return state_ == state::current; }
  // The first shard after this one, or the first of all.
  [[nodiscard]] directory_table::place after(const std::optional<std::string>& shard);

 private:
  void settle();
  void check(directory_table::place at);

  enum class state {
    outdated,
    settling,  // the read is complete; what it changed is told in slices
    current,
  };
  session_impl& session_;
  std::string app_;
  std::vector<directory_impl*> all_;
  std::shared_ptr<directory_table> table_;  // while there are directories
  state state_ = state::outdated;
  bool posted_ = false;  // a slice of the settling
  std::optional<std::string> settled_to_;
};

}  // namespace tenure::detail
