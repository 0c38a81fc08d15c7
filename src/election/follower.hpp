// What observers and directories have in common. They only listen, so closing them need not wait
// for anything.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/call.hpp"
#include "session/session_impl.hpp"

namespace tenure::detail {

class follower : public std::enable_shared_from_this<follower> {
 public:
  bool close(std::function<void()> closed);
  void silence();  // the handle is gone: close without callbacks
  [[nodiscard]] bool in_use() const { return session_ != nullptr; }

 protected:
  explicit follower(session_impl& session) : session_(&session) {}
  // Before it is told anything: from here on it can be closed without memory.
  void get_ready() {
    last_ = make_call([self = shared_from_this()] {
      if (const auto closed = std::move(self->closed_)) closed();
    });
  }
  ~follower() = default;

  // The session is to tell it nothing any more.
  virtual void detach() = 0;
  // It is detached. If it was closed, its `closed` is called.
  void end();

  // Calls `what` from the loop unless the handle is gone by then.
  template <class Call>
  void post(Call&& what) {
    session_->post([self = shared_from_this(), what = std::forward<Call>(what)] {
      if (!self->silent_) what();
    });
  }

  session_impl* session_;  // null: ended

 private:
  std::function<void()> closed_;
  call last_;  // to be posted when it has ended; until then it holds itself
  bool silent_ = false;
};

}  // namespace tenure::detail
