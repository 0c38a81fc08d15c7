// What a session says to its clients. It knows them by this alone.
//
// The session holds a client from the moment it is entered until it was told `ended`, which is the
// last that it is told. Nothing here calls the user: that is posted to the dispatcher.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/message.hpp"
#include "etcd/response.hpp"
#include "tenure/candidate.hpp"
#include "tenure/error.hpp"

namespace tenure::detail {

// A client of one election: its candidate, or one of its observers.
class client {
 public:
  virtual ~client() = default;
  // Whom etcd names as leader now. `!who`: nobody.
  virtual void told_leader(const leader_info& who) = 0;
  virtual void told_trouble(const error& what) = 0;
  // A candidate has left the queue, or the session is over.
  virtual void ended() = 0;
};

// The client that stands.
class contender : public client {
 public:
  virtual void told(const core::campaigning& what) = 0;
  virtual void told(const core::position& where) = 0;
  virtual void told(const core::acquired& term) = 0;
  virtual void told(const core::cancelled& end) = 0;
  virtual void told(const core::lost& end) = 0;
  virtual void told(const core::resigned& what) = 0;
};

// The client that reads all keys of the application; a session has one at most. The read comes in
// pages, and goes on with what the watch brings.
class key_reader {
 public:
  virtual ~key_reader() = default;
  // Changes may have been missed: the next page is the first of a new read. `anew`: revisions begin
  // anew, too.
  virtual void told_outdated(bool anew) = 0;
  // The next page, as of this revision of the store.
  virtual void told_page(std::int64_t revision, std::vector<etcd::key_value>&& keys) = 0;
  // That was the last page. The watch goes on from it.
  virtual void told_complete() = 0;
  virtual void told_changes(std::vector<etcd::watch_event>&& changes) = 0;
  virtual void told_trouble(const error& what) = 0;
  // The session is over.
  virtual void ended() = 0;

  // Where the next page begins.
  [[nodiscard]] virtual std::string_view next_key() const = 0;
};

}  // namespace tenure::detail
