// One election as this process sees it: what its user wants, the key, the queue in front of it, and
// the leader.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/event.hpp"
#include "core/message.hpp"
#include "core/queue.hpp"
#include "core/time.hpp"

namespace tenure::core {

enum class standing : std::uint8_t {
  idle,      // no key and none wanted
  wanting,   // a key is wanted
  creating,  // `stand` is under way
  queued,    // the key is there; others are in front, or the deadline does not allow to lead
  leading,
  stopping,     // it led, and the user's work is being stopped
  withdrawing,  // the key is to be deleted
};

// Whether the user has a candidate, and whether that one stands again after a loss.
enum class candidacy : std::uint8_t { none, once, again };
// What the user waits to be told.
enum class parting : std::uint8_t { none, resigned, left };

// What the user wants.
struct wish {
  candidacy candidate = candidacy::none;
  parting waits_for = parting::none;
  bool rejoin = false;   // the candidate stands as soon as the withdrawal is over
  nanos left_until = 0;  // `left` is told then at the latest

  [[nodiscard]] bool stands() const { return candidate != candidacy::none; }
  [[nodiscard]] bool nothing() const { return !stands() && waits_for == parting::none && !rejoin; }
  // The key is wanted.
  [[nodiscard]] bool key() const { return stands() && waits_for == parting::none; }
};

// A stand may have been executed, or may still be, and no answer says so. So its key is looked for.
class doubt {
 public:
  // It got no answer, and may be executed until then.
  void begin(nanos until);
  // It was refused. A copy of it may have been executed before: an HTTP client repeats what a
  // reused connection lost. That is unlikely, and a single look shows it.
  void suspect(nanos now);
  // The look at `now` found nothing. The next one comes after a pause twice as long.
  void nothing_found(nanos now, nanos request_timeout);
  void end() { *this = doubt(); }

  [[nodiscard]] bool any() const { return until_ != 0; }
  [[nodiscard]] bool unlikely() const { return unlikely_; }
  // When to look. What is asked for before may not see what comes after it.
  [[nodiscard]] nanos until() const { return until_; }
  [[nodiscard]] bool due(nanos now) const { return any() && until_ <= now; }

 private:
  nanos until_ = 0;
  nanos pause_ = 0;
  bool unlikely_ = false;
};

// The present leadership, or the last one.
struct leadership {
  std::int64_t fencing_token = 0;
  nanos confirmed_at = 0;  // sending of the last answer that confirmed the key
  nanos reassure_at = 0;
  bool reminded = false;    // the limit for the reassurance is on the agenda
  bool seen_first = false;  // etcd compared its key with the queue, and nobody was in front
};

// How the leadership ended.
struct loss {
  cause why = cause::resigned;
  nanos stop_until = 0;  // the grace is over then
  bool held = false;     // `lost` is told when the reason is known
};

// The first in the queue, as etcd said last.
struct leader_view {
  bool observed = false;  // somebody wants to know
  bool known = false;
  std::int64_t revision = 0;  // the create revision of its key; 0: nobody leads
  std::int64_t lease = 0;     // from its name; 0: none
  std::int64_t moved_at = 0;  // something has happened to the leader's key at this revision

  // Whether that is another than before.
  bool take(const rival& first);
  // Whether a change that was heard may be the leader's.
  [[nodiscard]] bool concerned(const change& by) const;
};

// What is asked of etcd, or waits for that. Only `batches` writes it.
struct errands {
  std::uint8_t waiting = 0;  // one bit for each batch list that it is on
  bool apart = false;        // a batch with it differed: next time its entry is decided by itself
  bool queue = false;        // a reading of the queue is under way
  bool leader = false;       // a reading of the leader is under way

  [[nodiscard]] bool any() const { return waiting != 0 || queue || leader; }
};

struct election {
  standing state = standing::idle;
  core::wish wish;
  core::errands errands;
  std::int64_t own_revision = 0;  // create revision of our key; 0: no key, as far as we know
  core::queue queue;
  core::doubt doubt;
  core::leadership leadership;
  core::loss loss;
  leader_view leader;
  bool near = false;  // it waits, and at most one is in front of it

  [[nodiscard]] bool has_key() const { return own_revision != 0; }
  // Nobody here has to do with it, and nothing that is under way is about it. What an appointment
  // or a list may still say of it is looked at when its time comes.
  [[nodiscard]] bool forgettable() const {
    return state == standing::idle && wish.nothing() && !errands.any() && !doubt.any() &&
           !leadership.reminded && !loss.held && !leader.observed;
  }
};

// All elections of a session, counted by their standing and their place.
class elections {
 public:
  election& of(election_id id);  // made if it is new
  election& operator[](election_id id) { return all_[id]; }
  const election& operator[](election_id id) const { return all_[id]; }
  void enter(election& e, standing next);
  // Its place in the queue may be another than before.
  void placed(election& e);
  [[nodiscard]] std::size_t count(standing which) const {
    return counts_[static_cast<std::size_t>(which)];
  }
  // Those who may lead soon: they wait, and at most one is in front.
  [[nodiscard]] std::size_t near() const { return near_; }
  [[nodiscard]] election_id size() const { return static_cast<election_id>(all_.size()); }

 private:
  std::vector<election> all_;
  std::size_t near_ = 0;
  std::array<std::size_t, 7> counts_{};
};

}  // namespace tenure::core
