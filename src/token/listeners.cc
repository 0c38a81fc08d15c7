#include "token/listeners.hpp"

#include <utility>

#include "base/guarded.hpp"
#include "base/ref.hpp"
#include "token/token_state.hpp"

namespace tenure::detail {

namespace {

// Puts it last in a list with these ends.
template <class T, class Links>
void append(T*& first, T*& last, T* one, Links&& links) {
  links(one).before = last;
  links(one).after = nullptr;
  (last != nullptr ? links(last).after : first) = one;
  last = one;
}

template <class T, class Links>
void drop(T*& first, T*& last, T* one, Links&& links) {
  T* const before = links(one).before;
  T* const after = links(one).after;
  (before != nullptr ? links(before).after : first) = after;
  (after != nullptr ? links(after).before : last) = before;
}

listener& itself(listener* one) { return *one; }
heard& place(token_node* one) { return one->heard_by(); }

}  // namespace

listeners::listeners(token_node& root, teller_line* line) noexcept : root_(root), line_(line) {
  if (line_ != nullptr) line_->hold();
}

listeners::~listeners() {
  if (line_ != nullptr) line_->release();
}

teller* listeners::to() const noexcept { return line_ != nullptr ? line_->to() : nullptr; }

void listeners::link(listener& one) noexcept {
  token_node* n = one.node;
  append(n->heard_by().first, n->heard_by().last, &one, itself);
  for (; n->parent() != nullptr && !n->heard_by().linked; n = n->parent()) {
    heard& above = n->parent()->heard_by();
    append(above.child, above.last_child, n, place);
    n->heard_by().linked = true;
  }
}

void listeners::unlink(listener& one) noexcept {
  token_node* n = one.node;
  drop(n->heard_by().first, n->heard_by().last, &one, itself);
  for (; n->heard_by().linked && n->heard_by().first == nullptr && n->heard_by().child == nullptr;
       n = n->parent()) {
    heard& above = n->parent()->heard_by();
    drop(above.child, above.last_child, n, place);
    n->heard_by().linked = false;
  }
}

std::uint64_t listeners::add(token_node* node, std::function<void(reason)> told) noexcept {
  teller* const by = to();
  if (by == nullptr) return 0;
  const std::uint64_t id = ++last_id_;
  const auto tell_it = [self = ref<token_node>(&root_), id] { self->tell_one(id); };
  const error failed = guarded([&]() -> error {
    listener& one = all_[id];
    one.node = node;
    one.limit = node->limit();
    one.ready = make_call(tell_it);
    if (one.limit != core::never && !node->cancelled()) one.alarm = by->look_at(one.limit, tell_it);
    return {};
  });
  if (failed) {
    all_.erase(id);
    return 0;
  }
  listener& one = all_.find(id)->second;
  node->hold();
  one.told = std::move(told);
  link(one);
  if (node->cancelled()) hand_over(one);
  return id;
}

// Its callable may own what destroys further registrations: it goes when all is in order again.
listener listeners::take_out(std::map<std::uint64_t, listener>::iterator at) noexcept {
  unlink(at->second);
  listener gone = std::move(at->second);
  all_.erase(at);
  if (teller* const by = to(); by != nullptr && gone.alarm != 0) by->forget(gone.limit, gone.alarm);
  return gone;
}

void listeners::remove(std::uint64_t id) noexcept {
  const auto at = all_.find(id);
  if (at == all_.end()) return;
  const listener gone = take_out(at);
  gone.node->release();
}

void listeners::hand_over(listener& one) noexcept {
  teller* const by = to();
  if (by == nullptr || std::exchange(one.handed, true)) return;
  one.why = one.node->why();
  by->tell(std::move(one.ready));
}

void listeners::tell(token_node* node) noexcept {
  // The parent's before its children's, without a stack: they may be nested deeply.
  for (token_node* n = node; n != nullptr;) {
    for (listener* one = n->heard_by().first; one != nullptr; one = one->after) hand_over(*one);
    if (n->heard_by().child != nullptr) {
      n = n->heard_by().child;
      continue;
    }
    while (n != node && n->heard_by().after == nullptr) n = n->parent();
    n = n != node ? n->heard_by().after : nullptr;
  }
}

void listeners::tell_all() noexcept {
  for (auto& [id, one] : all_) {
    if (one.node->cancelled()) hand_over(one);
  }
}

void listeners::tell_one(std::uint64_t id) {
  const auto at = all_.find(id);
  if (at == all_.end()) return;  // withdrawn meanwhile
  const reason why = at->second.handed ? at->second.why : at->second.node->why();
  if (why == reason::none) return;
  const listener now = take_out(at);
  now.told(why);
  now.node->release();
}

}  // namespace tenure::detail
