// An observer behind its handle. Shared by the handle and the session; freed when both are done
// with it.
#pragma once

#include <functional>
#include <utility>

#include "session/session_impl.hpp"
#include "tenure/observer.hpp"

namespace tenure::detail {

class observer_impl {
 public:
  observer_impl(session_impl* session, core::election_id id, observer_events events)
      : session_(session), id_(id), events_(std::move(events)) {}

  bool close(std::function<void()> closed);
  void silence();
  void told_leader(const leader_info& who);
  void told_trouble(const error& what);
  void session_ended();
  [[nodiscard]] bool ended() const { return session_ == nullptr; }

  void hold() { ++refs_; }
  void release();

 private:
  ~observer_impl() = default;
  template <class Call>
  void post(Call&& what);
  void detach();

  session_impl* session_;
  core::election_id id_;
  observer_events events_;
  std::function<void()> closed_;
  int refs_ = 2;
  bool silent_ = false;
};

}  // namespace tenure::detail
