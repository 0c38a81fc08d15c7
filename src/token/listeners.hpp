// Who is told when a token of one leadership ends. All of it belongs to the loop's thread.
//
// To cancel a token takes as long as there are callbacks on it and on what derives from it; to
// register or withdraw one takes no longer for ten thousand of them than for ten. Whoever is
// registered can be told without memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "base/call.hpp"
#include "core/time.hpp"
#include "tenure/token.hpp"

namespace tenure::detail {

class listeners;
class teller;
class teller_line;
class token_node;

// One registration.
struct listener {
  token_node* node;  // it holds it
  std::function<void(reason)> told;
  call ready;           // to be handed to the teller
  bool handed = false;  // it was, for this reason
  reason why = reason::none;
  core::nanos limit;           // of the token; core::never: none
  std::uint64_t alarm = 0;     // the teller's number for it
  listener* before = nullptr;  // on the same token
  listener* after = nullptr;
};

// Where a token is in the tree of those that somebody listens to, or to one derived from them.
struct heard {
  listener* first = nullptr;
  listener* last = nullptr;
  token_node* child = nullptr;  // the first one
  token_node* last_child = nullptr;
  token_node* before = nullptr;  // on the same parent
  token_node* after = nullptr;
  bool linked = false;
};

class listeners {
 public:
  listeners(token_node& root, teller_line* line) noexcept;
  listeners(const listeners&) = delete;
  listeners& operator=(const listeners&) = delete;
  ~listeners();

  // 0: nobody will be told, as the session is over, or there is no memory.
  [[nodiscard]] std::uint64_t add(token_node* node, std::function<void(reason)> told) noexcept;
  void remove(std::uint64_t id) noexcept;
  // `node` was cancelled: tells those who listen to it, or to what derives from it.
  void tell(token_node* node) noexcept;
  // Tells all whose token is cancelled.
  void tell_all() noexcept;
  // From the loop: it was handed over, or its limit has come.
  void tell_one(std::uint64_t id);

 private:
  [[nodiscard]] teller* to() const noexcept;
  void hand_over(listener& one) noexcept;
  [[nodiscard]] listener take_out(std::map<std::uint64_t, listener>::iterator at) noexcept;
  static void link(listener& one) noexcept;
  static void unlink(listener& one) noexcept;

  token_node& root_;
  teller_line* line_;  // null: nobody can be told
  std::map<std::uint64_t, listener> all_;
  std::uint64_t last_id_ = 0;
};

}  // namespace tenure::detail
