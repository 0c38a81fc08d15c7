#include "election/directory_impl.hpp"

#include <utility>

#include "base/guarded.hpp"

namespace tenure::detail {

std::shared_ptr<directory_impl> directory_impl::follow(session_impl& session,
                                                       directory_events events) {
  auto made = std::make_shared<directory_impl>(session, std::move(events));
  made->get_ready();
  undo_unless_kept following([&] { made->silence(); });
  made->reader_->add(made);
  following.keep();
  return made;
}

directory_impl::directory_impl(session_impl& session, directory_events events)
    : follower(session), reader_(shard_reader::of(session)), events_(std::move(events)) {}

void directory_impl::told_leader(const std::string& shard, const leader_info& who) {
  // All shards are being told one by one. If this one is still ahead, it will be told then.
  if (!complete_ && (!told_to_ || shard > *told_to_)) return;
  if (events_.leader) post([this, shard, who] { events_.leader(shard, who); });
}

void directory_impl::tell_all() {
  if (std::exchange(posted_, true)) return;
  post([this] { tell_next(); });
}

// One at a time: the dispatcher decides how many fit into a turn.
void directory_impl::tell_next() {
  posted_ = false;
  if (!in_use() || !reader_->current()) return;  // it goes on when it is current again
  if (!complete_) {
    const auto held = table();  // whatever the user closes
    const auto at = held->after(told_to_);
    if (at != held->all().end()) {
      told_to_ = at->first;
      tell_all();
      if (events_.leader) events_.leader(at->first, held->leader(at->first, at->second));
      return;
    }
    complete_ = true;
    told_to_.reset();
  }
  if (events_.current) events_.current();
}

std::shared_ptr<const shard_table> directory_impl::table() const {
  return reader_ != nullptr ? std::shared_ptr<const shard_table>(reader_, &reader_->table())
                            : nullptr;
}

void directory_impl::told_trouble(const error& what) {
  if (events_.trouble) post([this, what] { events_.trouble(what); });
}

void directory_impl::detach() {
  reader_->remove(*this);
  reader_.reset();
}

void directory_impl::ended() {
  reader_.reset();
  end();
}

}  // namespace tenure::detail
