// A directory follows who leads each shard of the session's application, so that requests can be
// sent to the leaders. It reads all that is there once, then listens to the session's watch. It
// takes no lease and has no key.
#ifndef TENURE_DIRECTORY_HPP
#define TENURE_DIRECTORY_HPP

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tenure/candidate.hpp>
#include <tenure/error.hpp>
#include <tenure/export.hpp>
#include <tenure/session.hpp>

namespace tenure {

namespace detail {
class directory_impl;
}

// Any may be empty. A lookup from within a callback may know more than that callback tells.
struct directory_events {
  // Who leads a shard. First it tells every shard that has a leader, then every change. `!who`:
  // nobody leads any more. The shard "" is the election APP/leader. A leader that writes its key
  // again is no change. What was missed while disconnected is not replayed.
  std::function<void(const std::string& shard, const leader_info& who)> leader;
  // All that etcd knows has been told. It comes after the first read, and after each gap.
  std::function<void()> current;
  // Something failed and is tried again. `current` follows when all is well.
  std::function<void(const error&)> trouble;
};

class TENURE_API directory {
 public:
  directory() noexcept = default;
  directory(directory&& other) noexcept;
  directory& operator=(directory&& other) noexcept;
  ~directory();

  // Follows all elections of the session's application: each key below APP/leader/ or
  // APP/SHARD/leader/, also those of other programs. A session may have any number of directories.
  // They share one read and one table.
  // Errors: wrong_state if it is in use, closed, no_memory.
  [[nodiscard]] error follow(session& session, directory_events events);

  bool close(std::function<void()> closed = {});

  // The lookups are local. They answer with what was heard last, also while it is not current.
  // Before the first read and after `close` they answer with nothing.
  //
  // False before the first read is complete, and while changes may have been missed.
  [[nodiscard]] bool current() const noexcept;
  // `!leader` if nobody leads.
  [[nodiscard]] leader_info leader(const std::string& shard) const;
  // The leader first, then those who wait, in the order in which they will lead.
  [[nodiscard]] std::vector<leader_info> queue(const std::string& shard) const;
  // All shards with at least one candidate, sorted.
  [[nodiscard]] std::vector<std::string> shards() const;
  // Calls `each` for these shards, in this order, before it returns. `each` may call anything.
  void for_each(
      const std::function<void(const std::string& shard, const leader_info& who)>& each) const;
  // How many shards() has.
  [[nodiscard]] std::size_t size() const noexcept;

 private:
  std::shared_ptr<detail::directory_impl> impl_;
};

}  // namespace tenure

#endif
