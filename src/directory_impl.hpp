// A directory behind its handle. Shared by the handle and the session; freed when both are done with it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "session_impl.hpp"
#include "tenure/directory.hpp"

namespace tenure::detail {

class directory_impl {
 public:
  directory_impl(session_impl* session, directory_events events) : session_(session), events_(std::move(events)) {}

  bool close(std::function<void()> closed);
  void silence();
  void told_leader(const std::string& shard, const leader_info& who);
  void told_current();
  void told_trouble(const error& what);
  void session_ended();
  [[nodiscard]] bool ended() const { return session_ == nullptr; }
  [[nodiscard]] session_impl* session() const { return session_; }

  void hold() { ++refs_; }
  void release();

 private:
  ~directory_impl() = default;
  template <class Call>
  void post(Call&& what);

  session_impl* session_;
  directory_events events_;
  std::function<void()> closed_;
  int refs_ = 2;
  bool silent_ = false;
};

}  // namespace tenure::detail
