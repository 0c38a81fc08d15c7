// A directory behind its handle. Shared by the handle and the session; freed when both are done
// with it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "election/directory_table.hpp"
#include "session/session_impl.hpp"
#include "tenure/directory.hpp"

namespace tenure::detail {

class directory_impl {
 public:
  directory_impl(session_impl* session, directory_events events)
      : session_(session), events_(std::move(events)) {}

  bool close(std::function<void()> closed);
  void silence();
  // The table is current: tells, in slices, of every shard that it has not been told of, then that
  // all is told.
  void tell_all();
  // A shard's leader is another than was told.
  void told_leader(const std::string& shard, const leader_info& who);
  void told_trouble(const error& what);
  void session_ended();
  [[nodiscard]] bool ended() const { return session_ == nullptr; }
  [[nodiscard]] bool current() const {
    return session_ != nullptr && complete_ && !session_->forked() &&
           session_->directories().current();
  }
  // Null if there is nothing to look into.
  [[nodiscard]] std::shared_ptr<const directory_table> table() const;

  void hold() { ++refs_; }
  void release();

 private:
  ~directory_impl() = default;
  template <class Call>
  void post(Call&& what);
  void tell_next();

  session_impl* session_;
  directory_events events_;
  std::function<void()> closed_;
  int refs_ = 2;
  bool silent_ = false;
  bool complete_ = false;               // every shard has been told once
  bool posted_ = false;                 // the telling of the next
  std::optional<std::string> told_to_;  // the last one told
};

}  // namespace tenure::detail
